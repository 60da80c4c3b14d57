"""The new events of a batch into their logs, and their texts into the vault, by binary COPY."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec.structs import astuple

from orchestration.landing.admission import Refs, person_target
from orchestration.landing.contract import PERSON, PERSON_TARGETS, Event, Retrieval
from orchestration.landing.parse import Parsed
from orchestration.landing.tables import document_table, log_table

_Column = tuple[str, str, Iterable[Any]]  # name, type, a cell for every row
_META = {"event_key": "bytea", "batch_id": "bigint", "line_no": "bigint"}
_DOCUMENT_META = {**_META, "ts": "timestamptz", "workspace": "text", "position": "bigint"}
_jsonb = msgspec.json.Encoder().encode


def write_events(
    connection: psycopg.Connection[Any],
    parsed: Parsed,
    by_type: dict[type[Event], list[int]],
    refs: Refs,
    batch: int,
) -> None:
    first_line = parsed.slice.first_line
    for struct, positions in by_type.items():
        keys = [parsed.keys[position] for position in positions]
        lines = [first_line + parsed.indexes[position] for position in positions]
        cells = (keys, [batch] * len(keys), lines)
        columns = [(*column, each) for column, each in zip(_META.items(), cells, strict=True)]
        columns += _spoken(struct, [parsed.events[position] for position in positions], refs)
        names, types, cells = zip(*columns, strict=True)
        with connection.cursor().copy(
            f"copy raw.{log_table(struct).name} ({_names(names)}) from stdin (format binary)".encode()
        ) as copy:
            copy.set_types(types)
            for row in zip(*cells, strict=True):
                copy.write_row(row)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _spoken(struct: type[Event], events: list[Event], refs: Refs) -> list[_Column]:
    """Field by field; one that none of them has is not sent."""
    fields = zip(*map(astuple, events), strict=True)
    said: dict[str, Sequence[Any]] = dict(zip(struct.__struct_fields__, fields, strict=True))
    if struct in PERSON_TARGETS:
        said["target_id"] = _targets(events, refs)
    silent = (None,) * len(events)
    spoken: list[_Column] = []
    for column in log_table(struct).columns:
        cells = said[column.field]
        if cells == silent:
            continue
        sent: Iterable[Any] = cells
        if column.type == "jsonb":  # made row by row: those of a batch may be large
            sent = (None if cell is None else b"\x01" + _jsonb(cell) for cell in cells)
        elif column.marker == PERSON:
            people = zip(said["workspace"], cells, strict=True)
            sent = (None if who[1] is None else refs[who] for who in people)
        spoken.append((column.name, column.copy_type, sent))
    return spoken


def _targets(events: list[Event], refs: Refs) -> list[str]:
    """What `target_id` says, or the reference of the person that it names."""
    return [
        str(UUID(bytes=refs[event.workspace, who]))
        if (who := person_target(event))
        else event.target_id  # type: ignore[attr-defined]
        for event in events
    ]


def write_documents(
    connection: psycopg.Connection[Any], parsed: Parsed, indexes: list[int], batch: int
) -> None:
    if not indexes:
        return
    table = document_table()
    names = _names((*_DOCUMENT_META, *(column.name for column in table.columns)))
    with connection.cursor().copy(
        f"copy raw.{table.name} ({names}) from stdin (format binary)"
    ) as copy:
        copy.set_types([*_DOCUMENT_META.values(), *(column.copy_type for column in table.columns)])
        for index in indexes:
            event = parsed.events[index]
            assert isinstance(event, Retrieval)  # noqa: S101 - for the type checker
            line_no = parsed.slice.first_line + parsed.indexes[index]
            meta = (parsed.keys[index], batch, line_no, event.ts, event.workspace)
            for position, document in enumerate(event.documents or (), start=1):
                values = [*meta, position, *astuple(document)[:-1]]  # without the text
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
