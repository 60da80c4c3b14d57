"""One mart as a file. Rows stream from the server; what a spreadsheet would run is made inert."""

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import psycopg
from psycopg import sql

from orchestration.errors import AssayError
from orchestration.reports.files import replaced
from orchestration.warehouse import query, rendering
from orchestration.warehouse.connection import connect

_BATCH_ROWS = 50_000


def statement(session: psycopg.Connection[Any], mart: str, workspace: str | None) -> str:
    columns = _columns(session, mart)
    text = sql.SQL("select * from {}").format(sql.Identifier("marts", mart))
    if workspace is not None:
        if "workspace" not in columns:
            raise AssayError(f"marts.{mart} has no column workspace: leave out --workspace.")
        text += sql.SQL(" where workspace = {}").format(sql.Literal(workspace))
    return text.as_string(session)


def _columns(session: psycopg.Connection[Any], mart: str) -> dict[str, str]:
    found = session.execute(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_schema = 'marts' order by ordinal_position"
    ).fetchall()
    marts = sorted({name for name, *_ in found})
    if mart not in marts:
        near = difflib.get_close_matches(mart, marts, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`assay export --list` names them."
        raise AssayError(f"There is no mart {mart}: {hint}")
    return {column: kind for name, column, kind in found if name == mart}


def marts(session: psycopg.Connection[Any]) -> list[str]:
    rows = session.execute(
        "select relname from pg_class where relnamespace = 'marts'::regnamespace"
        " and relkind in ('v', 'r') order by relname"
    ).fetchall()
    return [name for (name,) in rows]


def write_text(text: str, form: str, out: TextIO) -> None:
    writers: dict[str, Callable[[query.Answer, TextIO], None]] = {
        "csv": rendering.write_csv,
        "json": rendering.write_json,
    }
    with query.answer(text) as answer:
        writers[form](answer, out)


def write_parquet(text: str, path: Path) -> int:
    """Types as the mart has them; money stays decimal."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 0
    with (
        replaced(path) as beside,
        connect(application_name="assay export") as session,
        session.cursor("export") as cursor,
    ):
        session.execute("set transaction isolation level repeatable read, read only")
        cursor.itersize = _BATCH_ROWS
        cursor.execute(text.encode())
        schema = pa.schema(
            [(column.name, _arrow_type(pa, column)) for column in cursor.description or ()]
        )
        with pq.ParquetWriter(beside, schema) as writer:
            while batch := cursor.fetchmany(_BATCH_ROWS):
                columns = list(zip(*batch, strict=True))
                arrays = [
                    pa.array(_fitting(values, field.type, pa), field.type)
                    for values, field in zip(columns, schema, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
                rows += len(batch)
    return rows


def _arrow_type(pa: Any, column: psycopg.Column) -> Any:
    if column.type_display.startswith("numeric"):
        return pa.decimal128(38, 9 if column.scale is None else column.scale)
    plain = {
        "int2": pa.int16(),
        "int4": pa.int32(),
        "int8": pa.int64(),
        "float4": pa.float32(),
        "float8": pa.float64(),
        "bool": pa.bool_(),
        "date": pa.date32(),
        "timestamptz": pa.timestamp("us", "UTC"),
    }
    return plain.get(column.type_display.split("(")[0], pa.string())


def _fitting(values: tuple[Any, ...], kind: Any, pa: Any) -> Any:
    if kind == pa.string():
        return [None if value is None else rendering.as_text(value) for value in values]
    if pa.types.is_decimal(kind):
        return [None if value is None else round(value, kind.scale) for value in values]
    return values
