"""One batch, one transaction: events, texts, conflicts, quarantine, keys and the ledger row.

Only keys decide what is new: once they are admitted, events go straight from memory into their logs.
"""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.string import BytesBinaryDumper

from orchestration import crash
from orchestration.landing import contract
from orchestration.landing.admission import Admission, Keys, KeysDumper, Refs
from orchestration.landing.contract import Retrieval
from orchestration.landing.parse import Parsed, kind_of
from orchestration.landing.slices import Unreadable
from orchestration.landing.tables import log_table
from orchestration.landing.turns import Turn
from orchestration.landing.writing import write_documents, write_events, write_texts

_SESSION = """
set synchronous_commit = on;
-- Keys and persons are looked up by index, whatever the planner believes of tables without statistics:
-- there may be a hundred million of them.
set enable_seqscan = off;
create temp table if not exists person_stage (outside_hash uuid, workspace text, outside_id text)
    on commit delete rows;
create temp table if not exists quarantine_stage (
    line_no bigint, byte_offset bigint, byte_length bigint, reason text, path text, bytes bytea
) on commit delete rows;
"""


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
    connection.adapters.register_dumper(Keys, KeysDumper)
    connection.execute(_SESSION)


def store(
    connection: psycopg.Connection[Any],
    parsed: Parsed,
    refs: Refs,
    origin: Origin,
    batch: int,
    turn: Turn,
) -> Counts:
    """Write a parsed slice inside the caller's transaction; `turn` orders who admits keys when."""
    sha256 = hashlib.sha256(parsed.slice.blob).digest()
    with turn as rivals:
        turn.settle(parsed.slice)
        admission = Admission.of(parsed, batch, rivals)
        new = admission.admit(connection, admission.now)
        turn.hold(admission.first)
    crash.point("landing.keys_admitted")
    by_kind = write(connection, parsed, new, refs, batch)
    crash.point("landing.events_written")
    late = admission.admit(connection, admission.later)
    by_kind += write(connection, parsed, late, refs, batch)
    conflicts, duplicates = admission.came_before()
    write_conflicts(connection, parsed, conflicts, refs, batch)
    write_quarantine(connection, parsed, origin, sha256, batch)
    write_drift(connection, parsed, batch)
    crash.point("landing.refusals_written")
    counts = Counts(
        lines=len(parsed.slice.lines),
        accepted=len(new) + len(late),
        duplicate=duplicates,
        conflict=len(conflicts),
        quarantined=len(parsed.refused),
        by_kind=by_kind,
    )
    start = parsed.slice.byte_start
    write_ledger(
        connection,
        batch,
        origin,
        sha256,
        parsed.slice.first_line,
        (start, start + len(parsed.slice.blob)),
        counts,
    )
    return counts


def write(
    connection: psycopg.Connection[Any], parsed: Parsed, new: list[int], refs: Refs, batch: int
) -> Counter[str]:
    """New events to their logs, their texts to the vault; how many of each kind."""
    if not new:
        return Counter()
    by_type = parsed.by_type(new)
    write_events(connection, parsed, by_type, refs, batch)
    write_documents(connection, parsed, by_type.get(Retrieval, []), batch)
    write_texts(connection, parsed, by_type, refs, batch)
    return Counter({log_table(struct).kind: len(by_type[struct]) for struct in by_type})


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
    crash.point("landing.bytes_kept")
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
    crash.point("landing.ledger_written")


def write_conflicts(
    connection: psycopg.Connection[Any],
    parsed: Parsed,
    conflicts: list[int],
    refs: Refs,
    batch: int,
) -> None:
    rows = []
    # Sorted, so that landers of the same file wait for each other.
    for index in sorted(conflicts, key=lambda index: (parsed.keys[index], parsed.contents[index])):
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
