"""The new events of a batch into their logs, and their texts into the vault, by binary COPY.

The events of a kind go field by field: a field that none of them has is not sent.
"""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec.structs import astuple

from orchestration.landing.admission import Refs
from orchestration.landing.contract import PERSON, PERSON_TARGETS, Event, Retrieval, RetrievedDocument
from orchestration.landing.parse import Parsed
from orchestration.landing.tables import LogTable, document_table, log_table

_Cells = Sequence[Any]
_Column = tuple[str, str, _Cells]  # name, type, a cell for every row
_Row = tuple[Any, ...]
_TEXT_COLUMNS = (
    ("event_key", "batch_id", "ts", "workspace", "subject_ref", "field", "body"),
    ("bytea", "bigint", "timestamptz", "text", "bytea", "text", "text"),
)
_jsonb = msgspec.json.Encoder().encode


def write_events(
    connection: psycopg.Connection[Any],
    parsed: Parsed,
    by_type: dict[type[Event], list[int]],
    refs: Refs,
    batch: int,
) -> None:
    texts: list[_Row] = []
    for struct, positions in by_type.items():
        texts += _write_kind(connection, parsed, struct, positions, refs, batch)
    if texts:
        _copy(connection, "vault.text", *_TEXT_COLUMNS, texts)


def _write_kind(
    connection: psycopg.Connection[Any],
    parsed: Parsed,
    struct: type[Event],
    positions: list[int],
    refs: Refs,
    batch: int,
) -> list[_Row]:
    """Returns the texts, which are still to be written."""
    table = log_table(struct)
    said = _by_field(struct, [parsed.events[position] for position in positions])
    if struct in PERSON_TARGETS:
        said["target_id"] = _targets(said, *PERSON_TARGETS[struct], refs)
    keys = [parsed.keys[position] for position in positions]
    first_line = parsed.slice.first_line
    lines = [first_line + parsed.indexes[position] for position in positions]
    columns = _meta(keys, batch, lines) + _spoken(table, said, said["workspace"], refs)
    _copy_columns(connection, table.name, columns)
    if struct is Retrieval:
        _write_documents(connection, keys, batch, lines, said)
    return _texts(keys, batch, said, table.texts, refs)


def _by_field(struct: type[msgspec.Struct], objects: Iterable[msgspec.Struct]) -> dict[str, _Cells]:
    return dict(zip(struct.__struct_fields__, zip(*map(astuple, objects), strict=True), strict=True))


def _meta(keys: _Cells, batch: int, lines: _Cells) -> list[_Column]:
    return [
        ("event_key", "bytea", keys),
        ("batch_id", "bigint", [batch] * len(keys)),
        ("line_no", "bigint", lines),
    ]


def _spoken(table: LogTable, said: dict[str, _Cells], spaces: _Cells, refs: Refs) -> list[_Column]:
    """The columns in which there is anything."""
    silent = (None,) * len(spaces)
    spoken: list[_Column] = []
    for column in table.columns:
        cells = said[column.field]
        if cells == silent:
            continue
        if column.type == "jsonb":
            cells = [None if cell is None else b"\x01" + _jsonb(cell) for cell in cells]
        elif column.marker == PERSON:
            cells = _references(spaces, cells, refs)
        spoken.append((column.name, column.copy_type, cells))
    return spoken


def _references(spaces: _Cells, people: _Cells, refs: Refs) -> list[bytes | None]:
    return [None if who[1] is None else refs[who] for who in zip(spaces, people, strict=True)]


def _targets(said: dict[str, _Cells], field: str, person: str, refs: Refs) -> _Cells:
    """What `target_id` says, or the reference of the person that it names."""
    return [
        str(UUID(bytes=refs[space, target])) if which == person else target
        for which, space, target in zip(said[field], said["workspace"], said["target_id"], strict=True)
    ]


def _write_documents(
    connection: psycopg.Connection[Any],
    keys: list[bytes],
    batch: int,
    lines: list[int],
    said: dict[str, _Cells],
) -> None:
    found = [
        (key, line, ts, space, number, document)
        for key, line, ts, space, documents in zip(
            keys, lines, said["ts"], said["workspace"], said["documents"], strict=True
        )
        for number, document in enumerate(documents or (), start=1)
    ]
    if not found:
        return
    of, at, ts, spaces, numbers, documents = zip(*found, strict=True)
    columns = _meta(of, batch, at)
    columns += [
        ("ts", "timestamptz", ts),
        ("workspace", "text", spaces),
        ("position", "bigint", numbers),
    ]
    columns += _spoken(document_table(), _by_field(RetrievedDocument, documents), spaces, {})
    _copy_columns(connection, document_table().name, columns)


def _texts(
    keys: list[bytes], batch: int, said: dict[str, _Cells], names: tuple[str, ...], refs: Refs
) -> list[_Row]:
    users = _references(said["workspace"], said["user_id"], refs)
    owners = list(zip(keys, repeat(batch), said["ts"], said["workspace"], users))
    texts = [
        (*owner, name, body)
        for name in names
        for owner, body in zip(owners, said[name], strict=True)
        if body is not None
    ]
    if "documents" in said:
        texts += [
            (*owner, f"documents.{number}", document.text)
            for owner, documents in zip(owners, said["documents"], strict=True)
            for number, document in enumerate(documents or (), start=1)
            if document.text is not None
        ]
    return texts


def _copy_columns(connection: psycopg.Connection[Any], log: str, columns: list[_Column]) -> None:
    names, types, cells = zip(*columns, strict=True)
    _copy(connection, f"raw.{log}", names, types, zip(*cells, strict=True))


def _copy(
    connection: psycopg.Connection[Any],
    table: str,
    names: Iterable[str],
    types: Sequence[str],
    rows: Iterable[_Row],
) -> None:
    said = ", ".join(f'"{name}"' for name in names)
    with connection.cursor().copy(f"copy {table} ({said}) from stdin (format binary)".encode()) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
