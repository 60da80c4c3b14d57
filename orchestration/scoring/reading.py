"""Batches of queries, with what a scorer reads of them: columns, texts, passages, vectors.

A query and its retrievals may land in different batches, in either order. So what is read for a window
are its queries, and the queries that its retrievals belong to.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from psycopg.rows import namedtuple_row

from orchestration.landing.contract import Query
from orchestration.landing.tables import log_table
from orchestration.scoring.embedding import embedder, pack, unpack
from orchestration.scoring.halves import ANSWER, QUESTION, complete, is_record
from orchestration.scoring.scorer import Passage, Turns

Session = psycopg.Connection[Any]
# Nothing that a scorer measures needs more of a text, and memory is bounded by it.
MOST_CHARACTERS = 20_000
MOST_PASSAGES = 20
# Queries whose texts are held at once.
CHUNK = 2_000

_QUERY_LOG = log_table(Query)
_COLUMNS = {column.name: column.type for column in _QUERY_LOG.columns}
_TEXTS = _QUERY_LOG.texts
_VECTORS = {"query_vector": "query_text", "response_vector": "response_text"}
_NUMBERS = ("bigint", "double precision", "numeric", "boolean")

_REF = "md5(workspace || chr(31) || {id})::uuid"
_INDEX_RETRIEVALS = f"""
    insert into ops.retrieved (query_ref, batch_id)
    select distinct {_REF.format(id="query_id")}, batch_id
    from raw.retrieval_log where batch_id = any(%s) and query_id is not null
    on conflict do nothing"""
_QUERIES = f"""
    with late as (
        select distinct {_REF.format(id="query_id")} as query_ref
        from raw.retrieval_log where batch_id = any(%(batches)s) and query_id is not null
    )
    select {{columns}}, {_REF.format(id="coalesce(query_id, event_id)")} as query_ref
    from raw.query_log where batch_id = any(%(batches)s)
    union all
    select {{columns}}, late.query_ref
    from late inner join raw.query_log
        on late.query_ref = {_REF.format(id="coalesce(query_log.query_id, query_log.event_id)")}
    inner join ops.admitted_batch using (batch_id)
    where admitted_batch.seq <= %(seq_from)s
    order by batch_id, line_no"""
_OUTSIDE_IDS = "select subject_ref, outside_id from vault.subject where subject_ref = any(%s)"
_BODIES = """
    select event_key, left(body, %(most)s) as body from vault.text
    where
        batch_id = any(%(batches)s) and ts between %(first)s and %(last)s
        and event_key = any(%(keys)s) and field = %(field)s"""
_RETRIEVALS = f"""
    select event_key, batch_id, ts, {_REF.format(id="query_id")} as query_ref, status
    from raw.retrieval_log
    where
        batch_id = any(
            array(select distinct batch_id from ops.retrieved where query_ref = any(%(refs)s))
        )
        and {_REF.format(id="query_id")} = any(%(refs)s)
    order by query_ref, event_key"""
# Both sides are restricted, so that neither is read beyond its batches.
_PASSAGES = """
    with documents as (
        select *, 'documents.' || position as field from raw.retrieval_document
        where
            batch_id = any(%(batches)s) and ts between %(first)s and %(last)s
            and event_key = any(%(keys)s) and position <= %(passages)s
    ),

    texts as (
        select event_key, field, left(body, %(most)s) as body from vault.text
        where
            batch_id = any(%(batches)s) and ts between %(first)s and %(last)s
            and event_key = any(%(keys)s) and field like 'documents.%%'
    )

    select event_key, body, doc_id, chunk_id, rank, score, in_context, cited
    from documents
    left join texts using (event_key, field)
    order by event_key, position"""
_VECTORS_KNOWN = """
    select event_key, vector from vault.embedding
    where event_key = any(%s) and field = %s and model = %s"""
_KEEP_VECTORS = """
    insert into vault.embedding
        (event_key, field, model, batch_id, ts, workspace, subject_ref, vector)
    select
        unnest(%b::uuid []), %s, %s, unnest(%b::bigint []), unnest(%b::timestamptz []),
        unnest(%b::text []), unnest(%b::uuid []), unnest(%b::bytea [])
    on conflict do nothing"""


@dataclass(frozen=True)
class Target:
    """The query that a place of the batch stands for."""

    event_key: UUID
    query_ref: UUID
    query_id: str
    batch_id: int
    ts: datetime
    workspace: str
    user_id: str | None
    subject_ref: UUID | None
    is_record: bool = False  # of a call, in a log


def read(
    session: Session,
    batches: list[int],
    seq_from: int,
    columns: Sequence[str],
    by_workspace: bool = False,
) -> Iterator[tuple[list[Target], Turns]]:
    """The window's queries in chunks, each with the columns that were asked for."""
    with session.transaction():
        session.execute(_INDEX_RETRIEVALS, (batches,))
    rows = _query_rows(session, batches, seq_from, columns)
    if by_workspace:
        rows.sort(key=attrgetter("workspace"))
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        with session.transaction():
            # Keys of thousands meet rows of whole batches, of which the planner expects a handful.
            session.execute("set local enable_nestloop = off")
            targets = _targets(session, part)
            said = {name: _column(session, name, part, targets) for name in columns}
            if QUESTION in said and ANSWER in said:
                complete(session, targets, batches, said, partial(bodies, session))
        yield targets, Turns(said)


def _query_rows(
    session: Session, batches: list[int], seq_from: int, columns: Sequence[str]
) -> list[Any]:
    known = {
        "event_key",
        "event_id",
        "ts",
        "workspace",
        "batch_id",
        "line_no",
        "query_id",
        "subject_ref",
        "span_id",
        "parent_span_id",
    }
    wanted = [*sorted(known), *(name for name in columns if name in _COLUMNS and name not in known)]
    select = _QUERIES.format(columns=", ".join(f"query_log.{name}" for name in wanted))
    with session.cursor(row_factory=namedtuple_row, binary=True) as cursor:
        return cursor.execute(select, {"batches": batches, "seq_from": seq_from}).fetchall()


def _targets(session: Session, rows: Sequence[Any]) -> list[Target]:
    people = dict(
        session.execute(
            _OUTSIDE_IDS, (list({row.subject_ref for row in rows if row.subject_ref}),)
        ).fetchall()
    )
    return [
        Target(
            row.event_key, row.query_ref, row.query_id or row.event_id, row.batch_id, row.ts,
            row.workspace, people.get(row.subject_ref), row.subject_ref,
            is_record(row.span_id, row.parent_span_id),
        )
        for row in rows
    ]  # fmt: skip


def _column(session: Session, name: str, rows: Sequence[Any], targets: list[Target]) -> Any:
    if name in _TEXTS:
        return _texts(session, name, targets)
    if name in _VECTORS:
        return _vectors(session, _VECTORS[name], targets)
    if name == "passages":
        return _passages(session, targets)
    if name == "retrievals":
        return _retrieval_counts(session, targets)
    if name not in _COLUMNS:
        raise TypeError(f"A scorer reads {name!r}, which no query has.")
    values = [getattr(row, name) for row in rows]
    if _COLUMNS[name] in _NUMBERS:
        return np.array([np.nan if value is None else float(value) for value in values], np.float64)
    return values


def _texts(session: Session, field: str, targets: list[Target]) -> list[str | None]:
    found = bodies(session, field, [(one.event_key, one.batch_id, one.ts) for one in targets])
    return [found.get(target.event_key) for target in targets]


def bodies(
    session: Session,
    field: str,
    rows: Sequence[tuple[UUID, int, datetime]],
    most: int = MOST_CHARACTERS,
) -> dict[UUID, str]:
    """Texts of lines named by key, batch and time. One pass over their batches, so ask for many."""
    if not rows:
        return {}
    where = {**_where(rows), "field": field, "most": most}
    return dict(session.execute(_BODIES, where).fetchall())


def _passages(session: Session, targets: list[Target]) -> list[list[Passage]]:
    retrievals = _retrievals(session, targets)
    query_of = {row.event_key: row.query_ref for row in retrievals}
    found: dict[UUID, list[Passage]] = defaultdict(list)
    if retrievals:
        rows = session.execute(
            _PASSAGES,
            {**_where(retrievals), "passages": MOST_PASSAGES, "most": MOST_CHARACTERS},
        )
        for key, *passage in rows:
            found[query_of[key]].append(Passage(*passage))
    return [found[target.query_ref] for target in targets]


def _retrieval_counts(session: Session, targets: list[Target]) -> Any:
    """How many retrievals each query made that did not fail; also those that found nothing."""
    retrievals = _retrievals(session, targets)
    found = Counter(row.query_ref for row in retrievals if row.status != "error")
    return np.array([found[target.query_ref] for target in targets], np.float64)


def _retrievals(session: Session, targets: list[Target]) -> list[Any]:
    refs = [target.query_ref for target in targets]
    with session.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(_RETRIEVALS, {"refs": refs}).fetchall()


def _where(rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """How rows are found that came with these (key, batch, time, ...): by batch, by month, by key."""
    keys, batches, times = zip(*(row[:3] for row in rows), strict=True)
    return {
        "keys": list(keys),
        "batches": list(set(batches)),
        "first": min(times),
        "last": max(times),
    }


def _vectors(session: Session, field: str, targets: list[Target]) -> Any:
    """From the vault; what is not there yet is made and kept there."""
    model = embedder()
    known = dict(
        session.execute(
            _VECTORS_KNOWN, ([target.event_key for target in targets], field, model.name)
        ).fetchall()
    )
    new = [target for target in targets if target.event_key not in known]
    if new:
        made = pack(model.embed(_texts(session, field, new)))
        keep_vectors(session, field, model.name, new, made)
        known |= {target.event_key: one for target, one in zip(new, made, strict=True)}
    return unpack([known[target.event_key] for target in targets], model.dimensions)


def keep_vectors(
    session: Session, field: str, model: str, targets: Sequence[Target], packed: Sequence[bytes]
) -> None:
    """In the vault, but for those that are zero."""
    kept = [(one, vector) for one, vector in zip(targets, packed, strict=True) if any(vector)]
    session.execute(
        _KEEP_VECTORS,
        (
            [one.event_key for one, _ in kept],
            field,
            model,
            [one.batch_id for one, _ in kept],
            [one.ts for one, _ in kept],
            [one.workspace for one, _ in kept],
            [one.subject_ref for one, _ in kept],
            [vector for _, vector in kept],
        ),
    )
