"""A question and its answer in two lines: records of one call, which an exporter may cut apart.

Both lines are of one query. Whichever lands last is read with what the other said, so that a score does
not depend on the cut: an answer takes any question, a question only an answer that came before it.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

Bodies = Callable[[str, list[tuple[UUID, int, datetime]]], dict[UUID, str]]

QUESTION, ANSWER = "query_text", "response_text"
_OF_A_RECORD = "log-"  # how the id of such a line begins, behind the span's
_REF = "md5(workspace || chr(31) || coalesce(query_id, event_id))::uuid"
_LINES = f"""
    select event_key, batch_id, ts, {_REF} as query_ref, parent_span_id, seq
    from raw.query_log inner join ops.admitted_batch using (batch_id)
    where
        {_REF} = any(%(refs)s)
        and starts_with(span_id, coalesce(parent_span_id || '-', '') || '{_OF_A_RECORD}')
        and seq <= (select max(seq) from ops.admitted_batch where batch_id = any(%(batches)s))
    order by ts, event_key"""


class _Line(NamedTuple):
    event_key: UUID
    batch_id: int
    ts: datetime
    query_ref: UUID
    span: str | None
    seq: int


def complete(
    session: psycopg.Connection[Any],
    targets: Sequence[Any],
    batches: list[int],
    said: dict[str, list[str | None]],
    bodies: Bodies,
) -> None:
    """Fills in what halves lack."""
    halves = [
        place
        for place, target in enumerate(targets)
        if target.is_record and (said[QUESTION][place] is None) != (said[ANSWER][place] is None)
    ]
    if not halves:
        return
    wanted = {"refs": list({targets[place].query_ref for place in halves}), "batches": batches}
    lines = [_Line(*row) for row in session.execute(_LINES, wanted)]
    together: dict[tuple[UUID, str | None], list[_Line]] = defaultdict(list)
    for line in lines:
        together[line.query_ref, line.span].append(line)
    own = {line.event_key: line for line in lines}
    texts = {field: bodies(field, [line[:3] for line in lines]) for field in (QUESTION, ANSWER)}
    for place in halves:
        mine = own.get(targets[place].event_key)
        if mine is None:
            continue
        lacks = QUESTION if said[QUESTION][place] is None else ANSWER
        for line in together[mine.query_ref, mine.span]:
            if lacks == QUESTION or line.seq < mine.seq:
                said[lacks][place] = texts[lacks].get(line.event_key, said[lacks][place])


def is_record(span_id: str | None, parent_span_id: str | None) -> bool:
    before = f"{parent_span_id}-" if parent_span_id else ""
    return span_id is not None and span_id.startswith(before + _OF_A_RECORD)
