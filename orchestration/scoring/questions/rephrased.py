"""How near a query is to the one before it in its session: who asks again in other words got no answer.

A pair of neighbours is compared once and lands under the names of both. A query that comes late parts
two that were compared already: so are both of its sides, and models count a pair only while it is one.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np

from orchestration.scoring.embedding import embedder, unpack
from orchestration.scoring.learner import Evaluation, Learner, Lesson
from orchestration.scoring.questions.texts import words
from orchestration.scoring.questions.windows import new_queries
from orchestration.scoring.reading import bodies

NAME, VERSION = "rephrasing", "1"
WITHIN_MINUTES = 10  # who asks the same later has read, tried, and come back
# Without spaces. What is shorter ("yes please", "next") is like many things.
FEWEST_LETTERS = 10

# The later one of a pair is new, or stands behind a new one already; what is new and comes with another
# chunk says its own pair.
_PAIRS = """
    with asked as (
        select * from unnest(%(keys)s::uuid [], %(refs)s::uuid []) as asked (query_key, query_ref)
    ),
    here as (
        select session_thread,
            min(occurred_at) - %(minutes)s * interval '1 minute' as first_at,
            max(occurred_at) + %(minutes)s * interval '1 minute' as last_at
        from core.fct_queries inner join asked using (query_key, query_ref)
        where session_thread is not null
        group by session_thread
    ),
    thread as (
        select one.*,
            lag(query_key) over neighbours as previous_key,
            lag(batch_id) over neighbours as previous_batch_id,
            lag(occurred_at) over neighbours as previous_at
        from here
        inner join core.fct_queries as one
            on
                here.session_thread = one.session_thread
                and one.occurred_at between here.first_at and here.last_at
        window neighbours as (partition by one.session_thread order by one.occurred_at, one.query_key)
    )
    select
        thread.query_key, thread.batch_id, occurred_at, previous_key, previous_batch_id, previous_at,
        thread.workspace, coalesce(query_id, event_id) as query_id, outside_id,
        extract(epoch from occurred_at - previous_at)::float8 * 1000 as after_ms,
        this.vector, previous.vector
    from thread
    inner join ops.admitted_batch using (batch_id)
    inner join vault.embedding as this
        on query_key = this.event_key and this.field = 'query_text' and this.model = %(model)s
    inner join vault.embedding as previous
        on
            previous_key = previous.event_key
            and previous.field = 'query_text' and previous.model = %(model)s
    left join vault.subject on thread.subject_ref = subject.subject_ref
    where
        occurred_at <= previous_at + %(minutes)s * interval '1 minute'
        and (
            query_key = any(%(keys)s::uuid [])
            or previous_key = any(%(keys)s::uuid []) and seq <= %(seq_from)s
        )
    order by occurred_at, query_key"""


def learn(lesson: Lesson) -> None:
    # The vectors are read to be there.
    for targets, _ in new_queries(lesson, ("query_vector",)):
        wanted = {
            "keys": [target.event_key for target in targets],
            "refs": [target.query_ref for target in targets],
            "minutes": WITHIN_MINUTES,
            "model": embedder().name,
            "seq_from": lesson.seq_from,
        }
        rows = lesson.session.execute(_PAIRS, wanted).fetchall()
        if rows:
            lesson.land(_compared(lesson, rows))


def _compared(lesson: Lesson, rows: Sequence[tuple[Any, ...]]) -> Iterator[Evaluation]:
    long_enough = _long_enough(lesson, rows)
    vectors, before = (unpack([row[at] for row in rows], embedder().dimensions) for at in (10, 11))
    likeness = (vectors * before).sum(axis=1)
    for row, alike in zip(rows, likeness.tolist(), strict=True):
        key, _, at, previous_key, _, _, workspace, query_id, user_id, after_ms, vector, other = row
        if key in long_enough and previous_key in long_enough:
            yield {
                "event_id": f"{NAME}:{VERSION}:{key.hex}:{previous_key.hex}",
                "target_type": "query",
                "target_id": query_id,
                "ts": at.isoformat(),
                "workspace": workspace,
                "user_id": user_id,
                "metrics": {
                    "likeness": round(float(np.clip(alike, -1, 1)), 4),
                    "same_words": float(vector == other),
                    "after_ms": after_ms,
                },
            }


def _long_enough(lesson: Lesson, rows: Sequence[tuple[Any, ...]]) -> set[UUID]:
    wanted = {row[0]: row[:3] for row in rows} | {row[3]: row[3:6] for row in rows}
    with lesson.session.transaction():
        lesson.session.execute("set local enable_nestloop = off")
        texts = bodies(lesson.session, "query_text", list(wanted.values()), 20 * FEWEST_LETTERS)
    return {key for key, text in texts.items() if sum(map(len, words(text))) >= FEWEST_LETTERS}


LEARNER = Learner(NAME, VERSION, learn)
