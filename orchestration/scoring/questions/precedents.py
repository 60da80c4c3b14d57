"""For the newest queries that went wrong: earlier ones that mean about the same and went well.

References only, made anew by every run, and few: whoever is erased is gone from them with the next run,
and from the mart at once, which shows only queries that are there.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg

from orchestration.scoring.embedding import embedder, unpack
from orchestration.scoring.learner import Learner, Lesson
from orchestration.scoring.questions.similar import BLOCK, LIKE_ENOUGH
from orchestration.scoring.questions.store import lock

Session = psycopg.Connection[Any]
NAME, VERSION = "similar_queries", "1"
# Of a workspace. Somebody looks at the newest; what is long ago is of another product.
MOST_WRONG, MOST_PAST = 200, 50_000
MOST = 3

_WRONG = """
    with numbered as (
        select query_key, query_ref, workspace, occurred_at,
            row_number() over (partition by workspace order by occurred_at desc, query_key) as nth
        from state.srv_answers_to_review where failure is not null or is_low_confidence
    )
    select numbered.workspace, query_key, numbered.query_ref, queries.subject_ref,
        extract(epoch from numbered.occurred_at)::float8, vector
    from numbered
    inner join vault.embedding
        on query_key = event_key and field = 'query_text' and model = %s
    inner join core.fct_queries as queries using (query_key)
    where nth <= %s
    order by numbered.workspace, nth"""
_PAST = """
    with past as (
        select query_key, query_ref, subject_ref, occurred_at from core.fct_queries
        where
            workspace = %(workspace)s and status = 'ok' and is_answered is not false
            and not exists (
                select from state.srv_answers_to_review as wrong
                where wrong.query_ref = fct_queries.query_ref
            )
        order by occurred_at desc, query_key limit %(most)s
    )
    select query_key, query_ref, past.subject_ref, extract(epoch from occurred_at)::float8, vector
    from past inner join vault.embedding
        on query_key = event_key and field = 'query_text' and model = %(model)s
    order by occurred_at desc, query_key"""
_KEEP = """
    insert into ops.similar_query
        (query_key, query_ref, workspace, subject_ref, place, similar_key, similar_ref,
         similar_subject_ref, similarity)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""

Row = tuple[Any, ...]


def learn(lesson: Lesson) -> None:
    found = list(_found(lesson.session))
    with lesson.session.transaction():
        lock(lesson.session, NAME)
        lesson.session.execute("delete from ops.similar_query")
        with lesson.session.cursor() as cursor:
            cursor.executemany(_KEEP, found)


def _found(session: Session) -> Iterator[Row]:
    rows = session.execute(_WRONG, (embedder().name, MOST_WRONG)).fetchall()
    for workspace in dict.fromkeys(row[0] for row in rows):
        yield from _of_workspace(session, workspace, [row for row in rows if row[0] == workspace])


def _of_workspace(session: Session, workspace: str, wrong: list[Row]) -> Iterator[Row]:
    model = embedder()
    asked = unpack([row[5] for row in wrong], model.dimensions)
    at = np.array([row[4] for row in wrong])
    best: list[list[tuple[float, Row]]] = [[] for _ in wrong]
    wanted = {"workspace": workspace, "most": MOST_PAST, "model": model.name}
    with session.transaction(), session.cursor("precedents", binary=True) as cursor:
        cursor.itersize = BLOCK
        cursor.execute(_PAST, wanted)
        while past := cursor.fetchmany(BLOCK):
            alike = asked @ unpack([row[4] for row in past], model.dimensions).T
            alike[at[:, None] <= np.array([row[3] for row in past])[None, :]] = -1
            few = np.argsort(-alike, axis=1, kind="stable")[:, :MOST]
            for one, places in enumerate(few):
                likely = [(float(alike[one, i]), past[i]) for i in places]
                best[one] += [pair for pair in likely if pair[0] >= LIKE_ENOUGH]
    for (_, key, ref, person, *_), several in zip(wrong, best, strict=True):
        ranked = sorted(several, key=lambda pair: -pair[0])[:MOST]  # the newer of two alike: read first
        for place, (likeness, (other, other_ref, other_person, *_)) in enumerate(ranked, start=1):
            yield (
                key, ref, workspace, person, place, other, other_ref, other_person, round(likeness, 4)
            )  # fmt: skip


LEARNER = Learner(NAME, VERSION, learn)
