"""One batch, one transaction: events, texts, conflicts, quarantine, keys and the ledger row.

The order inside is the same for every lander (persons, then keys, each sorted), so that landers which
meet wait for each other and never deadlock. Events go straight from memory into their logs: only
their keys are staged, because only keys decide what is new.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.types.string import BytesBinaryDumper

from orchestration.landing import contract
from orchestration.landing.contract import PERSON_TARGETS, Event, Retrieval
from orchestration.landing.parse import Parsed, kind_of
from orchestration.landing.reader import Unreadable
from orchestration.landing.tables import META, LogTable, document_table, log_table

_SESSION = """
set synchronous_commit = on;
create temp table if not exists key_stage (key_hash uuid, content_hash uuid) on commit delete rows;
create temp table if not exists person_stage (outside_hash uuid, workspace text, outside_id text)
    on commit delete rows;
create temp table if not exists quarantine_stage (
    line_no bigint, byte_offset bigint, byte_length bigint, reason text, path text, bytes bytea
) on commit delete rows;
"""
_META_TYPES = tuple(column.copy_type for column in META)
_DOCUMENT_META = (*(column.name for column in META), "ts", "workspace", "position")
_DOCUMENT_TYPES = (*_META_TYPES, "timestamptz", "text", "bigint")
_jsonb = msgspec.json.Encoder().encode

Refs = dict[tuple[str, str], bytes]  # (workspace, outside id) -> subject_ref


@dataclass(frozen=True)
class Origin:
    """Where a batch came from: the reader and, for files, their path."""

    reader: str
    file: str | None = None


@dataclass
class Counts:
    lines: int = 0
    accepted: int = 0
    duplicate: int = 0
    conflict: int = 0
    quarantined: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Counts") -> None:
        for name in ("lines", "accepted", "duplicate", "conflict", "quarantined"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.by_kind.update(other.by_kind)


def open_session(connection: psycopg.Connection[Any]) -> None:
    # For bytea the driver would pick a dumper written in Python; ours are plain bytes, dumped in C.
    connection.adapters.register_dumper(bytes, BytesBinaryDumper)
    connection.execute(_SESSION)


def store(
    connection: psycopg.Connection[Any],
    parsed: Parsed,
    origin: Origin,
    batch: int,
    admission: AbstractContextManager[Any],
) -> Counts:
    """Write a parsed slice inside the caller's transaction; `admission` orders what must be in turn."""
    blob = b"\n".join(parsed.slice.lines)
    sha256 = hashlib.sha256(blob).digest()
    with admission:
        refs = resolve_persons(connection, parsed)
        new, conflicts, duplicates = admit_keys(connection, parsed, batch)
    by_type = parsed.by_type(new)
    write_events(connection, parsed, by_type, refs, batch)
    write_documents(connection, parsed, by_type.get(Retrieval, []), batch)
    write_texts(connection, parsed, by_type, refs, batch)
    write_conflicts(connection, parsed, conflicts, refs, batch)
    write_quarantine(connection, parsed, origin, sha256, batch)
    write_drift(connection, parsed, batch)
    counts = Counts(
        lines=len(parsed.slice.lines),
        accepted=len(new),
        duplicate=duplicates,
        conflict=len(conflicts),
        quarantined=len(parsed.refused),
        by_kind=Counter({log_table(struct).kind: len(by_type[struct]) for struct in by_type}),
    )
    start = parsed.slice.byte_start
    write_ledger(
        connection,
        batch,
        origin,
        sha256,
        parsed.slice.first_line,
        (start, start + len(blob)),
        counts,
    )
    return counts


def store_unreadable(
    connection: psycopg.Connection[Any], item: Unreadable, origin: Origin, batch: int
) -> Counts:
    """Keep bytes that are no line: a batch of one quarantined line, written part by part."""
    row = connection.execute(
        """insert into landing.quarantine
               (batch_id, batch_sha256, file, line_no, byte_offset, byte_length, reason, path)
           values (%s, %s, %s, %s, %s, %s, %s, '$')
           on conflict (batch_sha256, line_no) do nothing
           returning quarantine_id""",
        (batch, item.sha256, origin.file, item.first_line, item.byte_start, item.byte_length,
         item.reason),
    ).fetchone()  # fmt: skip
    if row is not None:
        for number, part in enumerate(item.parts()):
            connection.execute(
                "insert into landing.quarantine_bytes values (%s, %s, %b)", (row[0], number, part)
            )
    counts = Counts(lines=1, quarantined=1)
    span = (item.byte_start, item.byte_start + item.byte_length)
    write_ledger(connection, batch, origin, item.sha256, item.first_line, span, counts)
    return counts


def write_ledger(
    connection: psycopg.Connection[Any],
    batch: int,
    origin: Origin,
    sha256: bytes,
    first_line: int,
    span: tuple[int, int],
    counts: Counts,
) -> None:
    connection.execute(
        """insert into landing.batch
               (batch_id, reader, file, sha256, first_line, byte_start, byte_end, lines, accepted,
                duplicate, conflict, quarantined, accepted_by_kind, contract_version)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (batch, origin.reader, origin.file, sha256, first_line, *span, counts.lines, counts.accepted,
         counts.duplicate, counts.conflict, counts.quarantined, json.dumps(counts.by_kind),
         contract.VERSION),
    )  # fmt: skip
    connection.execute("select pg_notify('landing_batch', %s)", (str(batch),))


def person_hash(workspace: str, outside_id: str) -> bytes:
    return hashlib.sha256(f"{len(workspace)}:{workspace}{outside_id}".encode()).digest()[:16]


def persons_in(parsed: Parsed) -> set[tuple[str, str]]:
    """(workspace, outside id) of everyone the events name."""
    people = {(event.workspace, event.user_id) for event in parsed.events if event.user_id is not None}
    for struct, positions in parsed.by_type().items():
        events = [parsed.events[position] for position in positions]
        for name in log_table(struct).persons[1:]:
            people |= {
                (event.workspace, getattr(event, name)) for event in events if getattr(event, name)
            }
        if struct in PERSON_TARGETS:
            people |= {(event.workspace, who) for event in events if (who := person_target(event))}
    return people


def person_target(event: Event) -> str | None:
    """The outside id in `target_id`, where it names a person."""
    field_name, person = PERSON_TARGETS[type(event)]
    if getattr(event, field_name) != person:
        return None
    return str(event.target_id)  # type: ignore[attr-defined]


def resolve_persons(connection: psycopg.Connection[Any], parsed: Parsed) -> Refs:
    """The random reference of every person in the batch; new persons get theirs here."""
    people = persons_in(parsed)
    if not people:
        return {}
    hashes = {person_hash(*person): person for person in people}
    with connection.cursor().copy(
        "copy person_stage (outside_hash, workspace, outside_id) from stdin (format binary)"
    ) as copy:
        copy.set_types(("bytea", "text", "text"))
        for key, (workspace, who) in hashes.items():
            copy.write_row((key, workspace, who))
    # Known people first, without a lock; only strangers are inserted.
    connection.execute(
        """insert into vault.subject (outside_hash, workspace, outside_id)
           select person_stage.outside_hash, person_stage.workspace, person_stage.outside_id
           from person_stage
           where not exists (
               select 1 from vault.subject where subject.outside_hash = person_stage.outside_hash
           )
           order by person_stage.outside_hash
           on conflict do nothing"""
    )
    cursor = connection.cursor(binary=True)
    cursor.execute(
        """select uuid_send(subject.outside_hash), uuid_send(subject.subject_ref)
           from vault.subject join person_stage using (outside_hash)"""
    )
    return {hashes[bytes(key)]: bytes(ref) for key, ref in cursor}


def admit_keys(
    connection: psycopg.Connection[Any], parsed: Parsed, batch: int
) -> tuple[list[int], list[int], int]:
    """Which events are new, which conflict, and how many came before; the first of equals wins."""
    first: dict[bytes, int] = {}
    again: list[int] = []
    for index, key in enumerate(parsed.keys):
        if first.setdefault(key, index) != index:
            again.append(index)
    known = _known_contents(connection, first, parsed, batch)
    new = [index for key, index in first.items() if key not in known] if known else [*first.values()]
    conflicts: list[int] = []
    duplicates = 0
    seen_before = [index for key, index in first.items() if key in known] if known else []
    for index in (*seen_before, *again):
        key = parsed.keys[index]
        stands = known.get(key) or parsed.contents[first[key]]
        if parsed.contents[index] == stands:
            duplicates += 1
        else:
            conflicts.append(index)
    return new, conflicts, duplicates


def _known_contents(
    connection: psycopg.Connection[Any], first: dict[bytes, int], parsed: Parsed, batch: int
) -> dict[bytes, bytes]:
    """Insert the batch's keys; return the contents of those that another batch had already."""
    with connection.cursor().copy("copy key_stage from stdin (format binary)") as copy:
        copy.set_types(("bytea", "bytea"))
        for key, index in first.items():
            copy.write_row((key, parsed.contents[index]))
    inserted = connection.execute(
        """insert into landing.key (key_hash, content_hash, batch_id)
           select key_hash, content_hash, %s from key_stage order by key_hash
           on conflict do nothing""",
        (batch,),
    ).rowcount
    if inserted == len(first):
        return {}
    cursor = connection.cursor(binary=True)
    cursor.execute(
        """select uuid_send(key.key_hash), uuid_send(key.content_hash)
           from key_stage join landing.key using (key_hash) where key.batch_id <> %s""",
        (batch,),
    )
    return {bytes(key): bytes(content) for key, content in cursor}


def write_events(
    connection: psycopg.Connection[Any],
    parsed: Parsed,
    by_type: dict[type[Event], list[int]],
    refs: Refs,
    batch: int,
) -> None:
    for struct, positions in by_type.items():
        table = log_table(struct)
        columns = [*META, *table.columns]
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
    first_line = parsed.slice.first_line
    jsons, persons = table.json_positions, table.person_positions
    has_target = type(parsed.events[positions[0]]) in PERSON_TARGETS
    for position in positions:
        event = parsed.events[position]
        values = [
            parsed.keys[position],
            batch,
            first_line + parsed.indexes[position],
            *table.read(event),
        ]
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
    names = _names((*_DOCUMENT_META, *(column.name for column in table.columns)))
    with connection.cursor().copy(
        f"copy raw.{table.name} ({names}) from stdin (format binary)"
    ) as copy:
        copy.set_types([*_DOCUMENT_TYPES, *(column.copy_type for column in table.columns)])
        for index in indexes:
            event = parsed.events[index]
            assert isinstance(event, Retrieval)  # noqa: S101 - for the type checker
            line_no = parsed.slice.first_line + parsed.indexes[index]
            meta = (parsed.keys[index], batch, line_no, event.ts, event.workspace)
            for position, document in enumerate(event.documents or (), start=1):
                values = [*meta, position, *table.read(document)]
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


def write_conflicts(
    connection: psycopg.Connection[Any],
    parsed: Parsed,
    conflicts: list[int],
    refs: Refs,
    batch: int,
) -> None:
    rows = []
    for index in conflicts:
        event = parsed.events[index]
        place = parsed.indexes[index]
        ref = refs.get((event.workspace, event.user_id)) if event.user_id else None
        rows.append(
            (UUID(bytes=parsed.keys[index]), UUID(bytes=parsed.contents[index]), batch,
             parsed.slice.first_line + place, kind_of(event), event.workspace, event.event_id,
             UUID(bytes=ref) if ref else None, parsed.slice.lines[place])
        )  # fmt: skip
    if rows:
        connection.cursor().executemany(
            """insert into landing.conflict (key_hash, content_hash, batch_id, line_no, kind,
                   workspace, event_id, subject_ref, line)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %b) on conflict do nothing""",
            rows,
        )


def write_quarantine(
    connection: psycopg.Connection[Any], parsed: Parsed, origin: Origin, sha256: bytes, batch: int
) -> None:
    if not parsed.refused:
        return
    offset, last = parsed.slice.byte_start, 0
    with connection.cursor().copy("copy quarantine_stage from stdin (format binary)") as copy:
        copy.set_types(("bigint", "bigint", "bigint", "text", "text", "bytea"))
        for place, refused in parsed.refused:
            offset += sum(len(line) + 1 for line in parsed.slice.lines[last:place])
            last = place
            line = parsed.slice.lines[place]
            line_no = parsed.slice.first_line + place
            copy.write_row((line_no, offset, len(line), refused.reason.value, refused.path, line))
    connection.execute(
        """with kept as (
               insert into landing.quarantine
                   (batch_id, batch_sha256, file, line_no, byte_offset, byte_length, reason, path)
               select %s, %s, %s, line_no, byte_offset, byte_length, reason, path
               from quarantine_stage
               order by line_no
               on conflict (batch_sha256, line_no) do nothing
               returning quarantine_id, line_no
           )
           insert into landing.quarantine_bytes (quarantine_id, part, bytes)
           select kept.quarantine_id, 0, quarantine_stage.bytes
           from kept join quarantine_stage using (line_no)""",
        (batch, sha256, origin.file),
    )


def write_drift(connection: psycopg.Connection[Any], parsed: Parsed, batch: int) -> None:
    if parsed.drift:
        connection.cursor().executemany(
            "insert into landing.drift values (%s, %s, %s, %s, %s)",
            [(batch, *where, lines) for where, lines in sorted(parsed.drift.items())],
        )
