"""Learns from work whose end is known how work ends, and says so of whatever moved since.

Every piece of work is judged by a model that never saw its own end: the work is dealt into folds by its
name, and each fold has a model of the others. So what is landed can be held against how it ended.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from psycopg.rows import namedtuple_row

from orchestration.scoring.learner import Evaluation, Learner, Lesson
from orchestration.scoring.logistic import FOLDS, Logistic, fit
from orchestration.scoring.scorer import Floats
from orchestration.scoring.success import FEATURES, HANDS_OVER, NAME, VERSION, WRITES, columns_of

DAYS = 90  # what is older says little about the assistant of today
FEWEST = 20  # ends of either kind, below which nothing is learned
DRIVERS = 3

# An empty id is none: rows that landed before landing said so have it.
_WORK = f"""
    with newest as (select max(day) as day from core.fct_queries),
    queries as (
        select
            fct_queries.*,
            case when nullif(task_id, '') is null then 'session' else 'task' end as target_type,
            coalesce(nullif(task_id, ''), nullif(session_id, '')) as target_id,
            batch_id = any(array(
                select batch_id from ops.admitted_batch where seq > %(seq_from)s and seq <= %(seq_to)s
            )) as is_new
        from core.fct_queries, newest
        where fct_queries.day > newest.day - %(days)s and concat(task_id, session_id) <> ''
    ),
    tools as (
        select
            query_ref,
            count(*) as calls,
            count(distinct tool) as different_tools,
            count(*) filter (where tool ~* '^({WRITES})(_|$)') as writes,
            count(*) filter (where status = 'error') as tool_errors,
            count(*) - count(distinct tool) as repeated_calls,
            count(*) filter (where tool ~* '{HANDS_OVER}') as handed_over
        from core.fct_tool_calls where query_ref is not null
        group by query_ref
    ),
    work as (
        select
            workspace,
            target_type,
            target_id,
            max(occurred_at) as ended_at,
            (array_agg(
                coalesce(nullif(query_id, ''), event_id) order by occurred_at desc, query_key desc
            ))[1] as last_query_id,
            (array_agg(subject_ref order by occurred_at desc, query_key desc))[1] as subject_ref,
            bool_or(is_new) as is_new,
            count(*) + coalesce(sum(coalesce(calls, queries.tool_calls)), 0) as steps,
            coalesce(max(different_tools), 0) as different_tools,
            coalesce(sum(writes), 0) as writes,
            coalesce(sum(coalesce(tools.tool_errors, queries.tool_errors)), 0) as tool_errors,
            coalesce(sum(repeated_calls), 0) as repeated_calls,
            coalesce(sum(handed_over), 0) as handed_over,
            count(*) filter (where is_refused and queries.status = 'ok') as refusals,
            coalesce(max(output_tokens), 0) as longest_answer,
            count(*) filter (where queries.status <> 'ok') as failures,
            count(nullif(parent_query_id, '')) as retries,
            coalesce(1 - avg(confidence), 0) as doubt
        from queries left join tools using (query_ref)
        group by workspace, target_type, target_id
    ),
    ends as (
        select distinct on (workspace, target_type, target_id)
            workspace, target_type, target_id, result = 'success' as succeeded
        from core.fct_outcomes
        order by workspace, target_type, target_id, occurred_at desc, outcome_key desc
    )
    select work.*, ends.succeeded, subject.outside_id as user_id
    from work
    left join ends using (workspace, target_type, target_id)
    left join vault.subject using (subject_ref)
    order by workspace, target_type, target_id"""


@dataclass(frozen=True)
class Book:
    """A model a fold, each learned without it."""

    models: Sequence[Logistic]

    def says(self, columns: Floats, fold: Floats) -> tuple[Floats, Floats]:
        """Probabilities, and what each feature adds to their log-odds."""
        chances, added = np.full(len(columns), np.nan), np.zeros(columns.shape)
        for number, model in enumerate(self.models):
            rows = fold == number
            chances[rows] = model.probabilities(columns[rows])
            added[rows] = model.contributions(columns[rows])
        return chances, added


def study(columns: Floats, ends: Floats, fold: Floats) -> Book | None:
    """`ends` is 1, 0, or NaN where nobody knows. None where too few are known."""
    known = ~np.isnan(ends)
    if min(np.sum(ends[known] == 1), np.sum(ends[known] == 0)) < FEWEST:
        return None
    rests = [known & (fold != number) for number in range(FOLDS)]
    return Book([fit(columns[rest], ends[rest]) for rest in rests])


def learn(lesson: Lesson) -> None:
    work = _read(lesson)
    if not work:
        return
    columns = columns_of(np.array([[float(getattr(row, name)) for name in FEATURES] for row in work]))
    ends = np.array([np.nan if row.succeeded is None else float(row.succeeded) for row in work])
    fold = np.array([_fold(row) for row in work])
    book = study(columns, ends, fold)
    if book is not None:
        chances, added = book.says(columns, fold)
        lesson.land(_evaluations(work, chances, added))


def _read(lesson: Lesson) -> list[Any]:
    window = {"seq_from": lesson.seq_from, "seq_to": lesson.seq_to, "days": DAYS}
    with lesson.session.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(_WORK, window).fetchall()


def _fold(row: Any) -> float:
    """By its name alone, so that a piece of work stays in its fold."""
    name = f"{row.workspace}\x1f{row.target_type}\x1f{row.target_id}".encode()
    return float(int.from_bytes(blake2b(name, digest_size=4).digest()) % FOLDS)


def _evaluations(work: Sequence[Any], chances: Floats, added: Floats) -> Iterator[Evaluation]:
    """Of the work and, where it stands now, of its last query."""
    strongest = np.argsort(-np.abs(added), axis=1, kind="stable")[:, :DRIVERS]
    for row, chance, effects, order in zip(work, chances, added, strongest, strict=True):
        if not row.is_new:
            continue
        drivers = {f"driver_{FEATURES[i]}": round(float(effects[i]), 4) for i in order if effects[i]}
        said = {
            "ts": row.ended_at.isoformat(),
            "workspace": row.workspace,
            "user_id": row.user_id,
            "metrics": {"probability": round(float(chance), 6), **drivers},
            "label": FEATURES[order[0]] if drivers else None,
        }
        yield said | {"target_type": row.target_type, "target_id": row.target_id}
        yield said | {"target_type": "query", "target_id": row.last_query_id}


LEARNER = Learner(NAME, VERSION, learn)
