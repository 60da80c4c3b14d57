"""Questions that the knowledge base cannot answer: how likely each is one, and of which gap."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import numpy as np

from orchestration.scoring.learner import Evaluation, Learner, Lesson
from orchestration.scoring.questions.evidence import (
    READS,
    judged,
    of_answers,
    of_opinions,
    probability,
)
from orchestration.scoring.questions.kernel import Floats
from orchestration.scoring.questions.knowledge import Knowledge, knowledge
from orchestration.scoring.questions.labels import name_clusters
from orchestration.scoring.questions.store import Placed, merge, place
from orchestration.scoring.questions.texts import questions
from orchestration.scoring.questions.windows import line, new_queries
from orchestration.scoring.reading import Target
from orchestration.scoring.scorer import Turns

NAME, VERSION = "content_gaps", "1"
GAP = 0.5  # from here on a question counts as one that has no answer
_WORTH_SAYING = 0.02  # a change of the probability that is smaller is not landed again

# An opinion counts as in core.fct_feedback: once its batch is admitted, if somebody gave it, and as
# long as nothing in its thread took its place.
_OPINIONS = """
    with wanted as (select unnest(%s::uuid []) as query_ref)
    select query_ref, coalesce(likes, 0), coalesce(dislikes, 0), grounding
    from wanted
    left join lateral (
        with thread as (
            select event_id, supersedes, type, value, answered
            from raw.feedback_log inner join ops.admitted_batch using (batch_id)
            where
                coalesce(
                    md5(workspace || chr(31) || query_id)::uuid,
                    md5(workspace || chr(31) || chr(31) || session_id)::uuid,
                    event_key
                ) = query_ref
        )
        select
            count(*) filter (
                where type = 'thumb' and value > 0 or type = 'stars' and value >= 4
            ) as likes,
            count(*) filter (
                where
                    type in ('flag', 'correction') or type = 'thumb' and value < 0
                    or type = 'stars' and value <= 2
            ) as dislikes
        from thread
        where
            answered and not exists (
                select from thread as later
                where later.supersedes = thread.event_id and later.event_id <> thread.event_id
            )
    ) as opinions on true
    left join lateral (
        select (metrics ->> 'grounding')::float8 as grounding
        from raw.evaluation_log inner join ops.admitted_batch using (batch_id)
        where
            md5(workspace || chr(31) || target_id)::uuid = query_ref
            and target_type = 'query' and evaluator = 'answer_quality' and source = 'assay'
        order by batch_id desc, line_no desc limit 1
    ) as quality on true"""
_NEWS = """
    with fresh as (
        select batch_id from ops.admitted_batch where seq > %(seq_from)s and seq <= %(seq_to)s
    ),
    heard as (
        select md5(workspace || chr(31) || query_id)::uuid as query_ref
        from raw.feedback_log
        where batch_id = any(array(select batch_id from fresh)) and query_id is not null
        union
        select md5(workspace || chr(31) || target_id)::uuid
        from raw.evaluation_log
        where
            batch_id = any(array(select batch_id from fresh))
            and target_type = 'query' and evaluator = 'answer_quality' and source = 'assay'
    )
    select query_ref, said.workspace, said.target_id, said.ts, outside_id, said.label,
        coalesce((metrics ->> 'coverage')::float8, 'NaN'), (metrics ->> 'evidence')::float8,
        (metrics ->> 'probability')::float8
    from heard
    cross join lateral (
        select * from raw.evaluation_log
        where
            md5(workspace || chr(31) || target_id)::uuid = heard.query_ref
            and target_type = 'query' and evaluator = %(name)s and source = 'assay'
        order by batch_id desc, line_no desc limit 1
    ) as said
    left join vault.subject using (subject_ref)"""


def learn(lesson: Lesson) -> None:
    known: dict[str, Knowledge] = {}
    seen: dict[str, set[str]] = {}
    _hear(lesson)
    for targets, turns in new_queries(lesson, READS):
        workspace = targets[0].workspace
        if workspace not in known:
            # What was covered before these questions came in; the first time, all that there is.
            known[workspace] = knowledge(lesson.session, workspace, lesson.seq_from or lesson.seq_to)
        changed = seen.setdefault(workspace, set())
        _judge(lesson, targets, turns, known[workspace], changed)
    for workspace, changed in seen.items():
        gone = merge(lesson.session, "gap", workspace)
        name_clusters(lesson.session, "gap", workspace, {gone.get(name, name) for name in changed})


def _judge(
    lesson: Lesson, targets: list[Target], turns: Turns, known: Knowledge, changed: set[str]
) -> None:
    places = np.flatnonzero(judged(turns))
    if not len(places):
        return
    some = [targets[at] for at in places.tolist()]
    vectors = np.asarray(turns["query_vector"])[places]
    texts = [turns["query_text"][at] for at in places.tolist()]
    distance = np.full(len(some), np.nan)
    if known.coverage is not None:
        distance = known.coverage.gap_probability(questions(texts, vectors))
    evidence = of_answers(turns, known.weak_below, known.cites)[places]
    chance = probability(distance, evidence + _opinions(lesson, some))

    def tell(placed: Placed) -> None:
        lesson.land(_lines(some, placed, chance, distance, evidence))
        lesson.land(_second_thoughts(lesson, placed, {one.event_key for one in some}))

    placed = place(lesson.session, "gap", some, texts, tell, chance >= GAP)
    changed.update(name for name in placed.clusters if name)
    changed.update(name for _, name, _ in placed.later)


def _lines(
    targets: list[Target], placed: Placed, chance: Floats, distance: Floats, evidence: Floats
) -> Iterable[Evaluation]:
    rows = np.column_stack([chance, distance, evidence]).tolist()
    for target, name, (gap, coverage, seen) in zip(targets, placed.clusters, rows, strict=True):
        yield line(target, {"probability": gap, "coverage": coverage, "evidence": seen}, name)


def _second_thoughts(lesson: Lesson, placed: Placed, here: set[Any]) -> Iterable[Evaluation]:
    """Questions that waited apart and are in a gap now: what was said of them, with its name."""
    later = {one.event_key: name for one, name, _ in placed.later if one.event_key not in here}
    if not later:
        return
    rows = lesson.session.execute(
        """select one.event_key, said.target_id, said.ts, said.workspace, outside_id, said.metrics
           from vault.cluster_question as one
           cross join lateral (
               select * from raw.evaluation_log
               where
                   md5(workspace || chr(31) || target_id)::uuid
                   = md5(one.workspace || chr(31) || one.query_id)::uuid
                   and target_type = 'query' and evaluator = %s and source = 'assay'
               order by batch_id desc, line_no desc limit 1
           ) as said
           left join vault.subject on one.subject_ref = subject.subject_ref
           where one.kind = 'gap' and one.event_key = any(%s)""",
        (NAME, list(later)),
    ).fetchall()
    for key, query_id, ts, workspace, user_id, metrics in rows:
        yield _again(lesson, "later", workspace, query_id, ts, user_id, metrics, later[key])


def _hear(lesson: Lesson) -> None:
    """Feedback and grounding that came after the question was judged."""
    span = {"seq_from": lesson.seq_from, "seq_to": lesson.seq_to, "name": NAME}
    rows = lesson.session.execute(_NEWS, span).fetchall()
    if not rows:
        return
    distance = np.array([row[6] for row in rows], np.float64)
    evidence = np.array([row[7] for row in rows], np.float64)
    before = np.array([row[8] for row in rows], np.float64)
    after = probability(distance, evidence + _heard(lesson, [row[0] for row in rows]))
    lesson.land(
        _again(
            lesson, "news", row[1], row[2], row[3], row[4],
            {"probability": now, "coverage": row[6], "evidence": row[7]}, row[5],
        )
        for row, now, then in zip(rows, after.tolist(), before.tolist(), strict=True)
        if abs(now - then) >= _WORTH_SAYING
    )  # fmt: skip


def _opinions(lesson: Lesson, targets: list[Target]) -> Floats:
    return _heard(lesson, [target.query_ref for target in targets])


def _heard(lesson: Lesson, refs: list[Any]) -> Floats:
    found = {
        ref: (likes, dislikes, np.nan if grounding is None else grounding)
        for ref, likes, dislikes, grounding in lesson.session.execute(_OPINIONS, (refs,))
    }
    likes, dislikes, grounding = np.array([found[ref] for ref in refs], np.float64).T
    return of_opinions(likes, dislikes, grounding)


def _again(
    lesson: Lesson,
    why: str,
    workspace: str,
    query_id: str,
    ts: Any,
    user_id: str | None,
    metrics: dict[str, float],
    label: str | None,
) -> Evaluation:
    digest = blake2b(f"{workspace}\x1f{query_id}".encode(), digest_size=16).hexdigest()
    return {
        "event_id": f"{NAME}:{VERSION}:{digest}:{why}:{lesson.seq_to}",
        "target_type": "query",
        "target_id": query_id,
        "ts": ts.isoformat(),
        "workspace": workspace,
        "user_id": user_id,
        "metrics": {name: round(value, 4) for name, value in metrics.items() if value == value},
        "label": label,
    }


CONTENT_GAPS = Learner(NAME, VERSION, learn)
