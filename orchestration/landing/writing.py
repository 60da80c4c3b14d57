"""The new events of a batch into their logs, and their texts into the vault, by binary COPY."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec.structs import astuple

from orchestration.landing.admission import Refs, person_target
from orchestration.landing.contract import PERSON_TARGETS, Event, Retrieval
from orchestration.landing.parse import Parsed
from orchestration.landing.tables import META, LogTable, document_table, log_table

_META_TYPES = tuple(column.copy_type for column in META)
_DOCUMENT_META = (*(column.name for column in META), "ts", "workspace", "position")
_DOCUMENT_TYPES = (*_META_TYPES, "timestamptz", "text", "bigint")
_jsonb = msgspec.json.Encoder().encode


def write_events(
    connection: psycopg.Connection[Any],
    parsed: Parsed,
    by_type: dict[type[Event], list[int]],
    refs: Refs,
    batch: int,
) -> None:
    for struct, positions in by_type.items():
        table = log_table(struct)
        columns = [*META, *table.sent]
        names = _names(column.name for column in columns)
        with connection.cursor().copy(
            f"copy raw.{table.name} ({names}) from stdin (format binary)"
        ) as copy:
            copy.set_types([column.copy_type for column in columns])
            for row in event_rows(parsed, positions, table, refs, batch):
                copy.write_row(row)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def event_rows(
    parsed: Parsed, positions: list[int], table: LogTable, refs: Refs, batch: int
) -> Iterator[list[Any]]:
    events, keys, indexes = parsed.events, parsed.keys, parsed.indexes
    first_line = parsed.slice.first_line
    hidden, behind = table.elsewhere.start, table.elsewhere.stop
    jsons, persons = table.json_positions, table.person_positions
    has_target = type(events[positions[0]]) in PERSON_TARGETS
    for position in positions:
        event = events[position]
        held = astuple(event)
        line_no = first_line + indexes[position]
        values = [keys[position], batch, line_no, *held[:hidden], *held[behind:]]
        for column in jsons:
            if values[column] is not None:
                values[column] = b"\x01" + _jsonb(values[column])
        for column in persons:
            if values[column] is not None:
                values[column] = refs[event.workspace, values[column]]
        if has_target and (who := person_target(event)):
            values[table.position("target_id")] = str(UUID(bytes=refs[event.workspace, who]))
        yield values


def write_documents(
    connection: psycopg.Connection[Any], parsed: Parsed, indexes: list[int], batch: int
) -> None:
    if not indexes:
        return
    table = document_table()
    names = _names((*_DOCUMENT_META, *(column.name for column in table.sent)))
    with connection.cursor().copy(
        f"copy raw.{table.name} ({names}) from stdin (format binary)"
    ) as copy:
        copy.set_types([*_DOCUMENT_TYPES, *(column.copy_type for column in table.sent)])
        for index in indexes:
            event = parsed.events[index]
            assert isinstance(event, Retrieval)  # noqa: S101 - for the type checker
            line_no = parsed.slice.first_line + parsed.indexes[index]
            meta = (parsed.keys[index], batch, line_no, event.ts, event.workspace)
            for position, document in enumerate(event.documents or (), start=1):
                values = [*meta, position, *astuple(document)[: table.elsewhere.start]]
                if values[-1] is not None:
                    values[-1] = b"\x01" + _jsonb(values[-1])
                copy.write_row(values)


def write_texts(
    connection: psycopg.Connection[Any],
    parsed: Parsed,
    by_type: dict[type[Event], list[int]],
    refs: Refs,
    batch: int,
) -> None:
    with connection.cursor().copy(
        "copy vault.text (event_key, batch_id, ts, workspace, subject_ref, field, body)"
        " from stdin (format binary)"
    ) as copy:
        copy.set_types(("bytea", "bigint", "timestamptz", "text", "bytea", "text", "text"))
        for struct, indexes in by_type.items():
            fields = log_table(struct).texts
            if not fields:
                continue
            for index in indexes:
                event = parsed.events[index]
                ref = refs.get((event.workspace, event.user_id)) if event.user_id else None
                key = parsed.keys[index]
                for name, body in texts_of(event, fields):
                    copy.write_row((key, batch, event.ts, event.workspace, ref, name, body))


def texts_of(event: Event, fields: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in fields:
        body = getattr(event, name)
        if body is not None:
            yield name, body
    if type(event) is Retrieval and event.documents:
        for position, document in enumerate(event.documents, start=1):
            if document.text is not None:
                yield f"documents.{position}", document.text
