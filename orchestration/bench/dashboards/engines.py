"""Those who answer: PostgreSQL over marts or over raw logs, DuckDB, chDB."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import psycopg

from orchestration.bench.dashboards.answers import Answer
from orchestration.bench.dashboards.export import LOGS

_DUCKDB = {
    "text": "varchar",
    "id": "varchar",
    "uuid": "uuid",
    "time": "timestamp",
    "integer": "bigint",
    "number": "double",
    "money": "decimal(18, 9)",
    "yes_no": "boolean",
}
_CHDB = {
    "text": "LowCardinality(String)",
    "id": "String",
    "uuid": "UUID",
    "time": "DateTime64(6, 'UTC')",
    "integer": "Int64",
    "number": "Float64",
    "money": "Decimal(18, 9)",
    "yes_no": "Bool",
}


class Engine(Protocol):
    def ask(self, statement: str) -> Answer: ...


class Postgres:
    def __init__(self, session: psycopg.Connection) -> None:
        self._session = session

    def ask(self, statement: str) -> Answer:
        cursor = self._session.execute(statement.encode())
        return Answer(tuple(column.name for column in cursor.description or ()), cursor.fetchall())


class DuckDB:
    def __init__(self, database: Any) -> None:
        self._database = database

    def ask(self, statement: str) -> Answer:
        cursor = self._database.execute(statement)
        return Answer(tuple(column[0] for column in cursor.description), cursor.fetchall())


class ChDB:
    def __init__(self, session: Any) -> None:
        self._session = session

    def ask(self, statement: str) -> Answer:
        text = self._session.query(statement, "JSONCompact").bytes()
        found = json.loads(text, parse_float=Decimal)
        return Answer(tuple(column["name"] for column in found["meta"]), found["data"])


@contextmanager
def duckdb_over(folder: Path) -> Iterator[Engine]:
    """In a file: its tables in memory are not compressed."""
    import duckdb

    with closing(duckdb.connect(str(folder / "raw.duckdb"))) as database:
        for log, columns in LOGS.items():
            database.execute(f"create table {log} ({_shape(columns, _DUCKDB)})")
            database.execute(f"copy {log} from '{folder / log}.csv' (format csv, header false)")
        yield DuckDB(database)


@contextmanager
def chdb_over(folder: Path) -> Iterator[Engine]:
    from chdb.session import Session

    open_session: Any = Session
    with closing(open_session(str(folder / "chdb"))) as session:
        for log, columns in LOGS.items():
            shape = _shape(columns, _CHDB)
            session.query(f"create table {log} ({shape}) engine = MergeTree order by (workspace, ts)")
            session.query(
                f"insert into {log} select * from file('{folder / log}.csv', CSV, $${shape}$$)"
            )
        yield ChDB(session)


def _shape(columns: dict[str, str], types: dict[str, str]) -> str:
    return ", ".join(f"{name} {types[kind]}" for name, kind in columns.items())
