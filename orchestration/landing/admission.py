"""Who is in a batch, and which of its events are new. Both insert in sorted order: landers which meet
wait for each other and never deadlock.
"""

import hashlib
from typing import Any

import psycopg

from orchestration.landing.contract import PERSON_TARGETS, Event
from orchestration.landing.parse import Parsed
from orchestration.landing.tables import log_table

Refs = dict[tuple[str, str], bytes]  # (workspace, outside id) -> subject_ref


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
        """select uuid_send(person_stage.outside_hash), uuid_send(known.subject_ref)
           from person_stage
           cross join lateral (
               select subject_ref from vault.subject
               where subject.outside_hash = person_stage.outside_hash limit 1
           ) as known"""
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
    cursor = connection.cursor(binary=True)
    cursor.execute(
        """with inserted as (
               insert into landing.key (key_hash, content_hash, batch_id)
               select key_hash, content_hash, %s from key_stage order by key_hash
               on conflict do nothing
               returning key_hash
           )
           select key_hash from key_stage
           where not exists (select 1 from inserted where inserted.key_hash = key_stage.key_hash)""",
        (batch,),
    )
    seen = [key for (key,) in cursor]
    if not seen:
        return {}
    # A statement of its own, since its snapshot must see whoever was faster; by index, whatever the
    # planner believes of a table without statistics: there may be a hundred million keys.
    cursor.execute(
        """select uuid_send(key_hash), uuid_send(content_hash)
           from unnest(%s::uuid[]) as seen (key_hash)
           cross join lateral (
               select content_hash from landing.key where key.key_hash = seen.key_hash limit 1
           ) as known""",
        (seen,),
    )
    return {bytes(key): bytes(content) for key, content in cursor}
