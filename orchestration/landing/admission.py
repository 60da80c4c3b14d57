"""Who is in a batch, and which of its events are new.

Persons and keys are inserted in sorted order, so that landers which meet wait for each other.
"""

import hashlib
import struct
from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import psycopg
from psycopg import errors
from psycopg.adapt import Dumper
from psycopg.postgres import types as postgres_types
from psycopg.pq import Format

from orchestration.landing.contract import PERSON_TARGETS, Event
from orchestration.landing.parse import Parsed
from orchestration.landing.tables import log_table

Refs = dict[tuple[str, str], bytes]  # (workspace, outside id) -> subject_ref
_UUID_BYTES = 16
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_COPY_END = struct.pack(">h", -1)
# A row of `landing.key` as binary COPY has it: every value behind its length.
_KEY_ROW = np.dtype(
    [
        ("columns", ">i2"),
        ("key_length", ">i4"),
        ("key", f"V{_UUID_BYTES}"),
        ("content_length", ">i4"),
        ("content", f"V{_UUID_BYTES}"),
        ("batch_length", ">i4"),
        ("batch", ">i8"),
    ]
)


class Keys(list[bytes]):
    """Sent as one array of uuid, in binary: the server takes its time to read them as text."""


class KeysDumper(Dumper):
    format = Format.BINARY
    oid = postgres_types["uuid"].array_oid

    def dump(self, obj: Keys) -> bytes:
        dimensions, nulls, first = 1, 0, 1
        head = struct.pack(">iiIii", dimensions, nulls, postgres_types["uuid"].oid, len(obj), first)
        length = struct.pack(">i", _UUID_BYTES)
        return head + length + length.join(obj)


def person_hash(workspace: str, outside_id: str) -> bytes:
    return hashlib.sha256(f"{len(workspace)}:{workspace}{outside_id}".encode()).digest()[:16]


def persons_in(parsed: Parsed) -> set[tuple[str, str]]:
    """(workspace, outside id) of everyone the events name."""
    people = {(event.workspace, event.user_id) for event in parsed.events if event.user_id is not None}
    for kind, positions in parsed.by_type().items():
        others = log_table(kind).persons[1:]
        if not others and kind not in PERSON_TARGETS:
            continue
        events = [parsed.events[position] for position in positions]
        for name in others:
            people |= {
                (event.workspace, getattr(event, name)) for event in events if getattr(event, name)
            }
        if kind in PERSON_TARGETS:
            people |= {(event.workspace, who) for event in events if (who := person_target(event))}
    return people


def person_target(event: Event) -> str | None:
    """The outside id in `target_id`, where it names a person."""
    field_name, person = PERSON_TARGETS[type(event)]
    if getattr(event, field_name) != person:
        return None
    return str(event.target_id)  # type: ignore[attr-defined]


def resolve_persons(connection: psycopg.Connection[Any], parsed: Parsed) -> Refs:
    """The random reference of every person in the batch; new persons get theirs here.

    In a transaction of its own, so that a rival with the same new person does not wait for the batch,
    whose commit makes this one durable too. Should the batch fail, the persons are met again when it
    is landed again.
    """
    people = persons_in(parsed)
    if not people:
        return {}
    with connection.transaction():
        connection.execute("set local synchronous_commit = off")
        return _resolve(connection, people)


def _resolve(connection: psycopg.Connection[Any], people: set[tuple[str, str]]) -> Refs:
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
        """select uuid_send(person_stage.outside_hash), uuid_send(known.subject_ref)
           from person_stage
           cross join lateral (
               select subject_ref from vault.subject
               where subject.outside_hash = person_stage.outside_hash limit 1
           ) as known"""
    )
    return {hashes[bytes(key)]: bytes(ref) for key, ref in cursor}


@dataclass
class Admission:
    """Which events of a batch are new; the first of equals wins.

    `now` are the keys to admit at once. `later` are those that a batch before ours holds and has not
    committed yet: who asks for them waits for it, so we ask when everything else is written.
    """

    parsed: Parsed
    batch: int
    first: dict[bytes, int]
    again: list[int]
    now: list[bytes]
    later: list[bytes]
    known: dict[bytes, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, parsed: Parsed, batch: int, rivals: Set[bytes]) -> Self:
        keys = parsed.keys
        # Backwards, so that the first of equals is the one that stays.
        first = dict(zip(reversed(keys), reversed(range(len(keys))), strict=True))
        again: list[int] = []
        if len(first) < len(keys):
            again = [index for index, key in enumerate(keys) if first[key] != index]
        later = sorted(first.keys() & rivals)
        now = sorted(first.keys() - rivals)
        return cls(parsed, batch, first, again, now, later)

    def admit(self, connection: psycopg.Connection[Any], keys: list[bytes]) -> list[int]:
        """The new ones among the events of these (sorted) keys, in the order of their lines."""
        while keys:
            known = _known_contents(connection, keys)
            new = [key for key in keys if key not in known] if known else keys
            try:
                with connection.transaction():  # a savepoint
                    self._insert(connection, new)
            except errors.UniqueViolation:
                continue  # a rival was faster, and has committed: the next look sees what it brought
            self.known |= known
            return sorted([self.first[key] for key in new])
        return []

    def _insert(self, connection: psycopg.Connection[Any], keys: list[bytes]) -> None:
        """By COPY, which takes half of the time of `insert ... on conflict`."""
        first, contents = self.first, self.parsed.contents
        rows = np.empty(len(keys), _KEY_ROW)
        rows["columns"] = 3
        rows["key_length"] = rows["content_length"] = _UUID_BYTES
        rows["key"] = np.frombuffer(b"".join(keys), rows["key"].dtype)
        in_order = b"".join([contents[first[key]] for key in keys])
        rows["content"] = np.frombuffer(in_order, rows["content"].dtype)
        rows["batch_length"], rows["batch"] = 8, self.batch
        with connection.cursor().copy(
            "copy landing.key (key_hash, content_hash, batch_id) from stdin (format binary)"
        ) as copy:
            copy.write(_COPY_HEAD + rows.tobytes() + _COPY_END)

    def came_before(self) -> tuple[list[int], int]:
        """When all are admitted: which events conflict with what stands, and how many equal it."""
        conflicts: list[int] = []
        duplicates = 0
        contents = self.parsed.contents
        for index in (*(self.first[key] for key in self.known), *self.again):
            key = self.parsed.keys[index]
            stands = self.known.get(key) or contents[self.first[key]]
            if contents[index] == stands:
                duplicates += 1
            else:
                conflicts.append(index)
        return conflicts, duplicates


def _known_contents(connection: psycopg.Connection[Any], keys: list[bytes]) -> dict[bytes, bytes]:
    cursor = connection.cursor(binary=True)
    cursor.execute(
        """select uuid_send(key_hash), uuid_send(content_hash)
           from landing.key where key_hash = any(%s)""",
        (Keys(keys),),
    )
    return {bytes(key): bytes(content) for key, content in cursor}
