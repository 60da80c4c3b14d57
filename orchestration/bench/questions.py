"""How long new questions take to be clustered where a million stand: the real learner, end to end."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from orchestration.bench.clock import Clock, number
from orchestration.bench.dbt import bench_folder
from orchestration.bench.memory import forget_peak, peak_mib
from orchestration.bench.scratch import scratch_database
from orchestration.landing.lander import Lander
from orchestration.scoring.embedding import vocabulary
from orchestration.scoring.engine import Scoring
from orchestration.warehouse.connection import connect

_TOPICS, _WORDS_OF_TOPIC, _PEOPLE = 800, 6, 50_000
_STRANGE = 0.1  # share of questions on nothing that was asked before
_FILE = 100_000
# So many of the history the learner clusters itself. The others stand in clusters and in the vault as
# these do, over and over: it is the new ones that are measured.
_CLUSTERED = 50_000
_START = datetime(2026, 1, 1, tzinfo=UTC)
_ADMIT = """
    with taken as (delete from ops.pending_batch returning batch_id)
    insert into ops.admitted_batch (batch_id) select batch_id from taken order by batch_id"""
# Each of the others takes after the one of the same place, a round later.
_TAKE_AFTER = """
    with numbered as (
        select kind, cluster_id, query_id, row_number() over (order by event_key) - 1 as place
        from vault.cluster_question
    ),
    others as (
        select event_key, batch_id, ts, workspace, subject_ref, event_id,
            row_number() over (order by event_key) - 1 as place
        from raw.query_log where event_key not in (select event_key from vault.cluster_question)
    )
    insert into vault.cluster_question
        (kind, event_key, cluster_id, batch_id, ts, workspace, subject_ref, query_id)
    select kind, event_key, cluster_id, batch_id, ts, workspace, subject_ref, event_id
    from others
    inner join numbered on others.place %% (select count(*) from numbered) = numbered.place
    where cluster_id is not null"""
_THEIR_VECTORS = """
    with numbered as (
        select field, model, vector, row_number() over (order by event_key) - 1 as place
        from vault.embedding where model not like 'space:%%'
    ),
    others as (
        select event_key, batch_id, ts, workspace, subject_ref,
            row_number() over (order by event_key) - 1 as place
        from raw.query_log where event_key not in (select event_key from vault.embedding)
    )
    insert into vault.embedding (event_key, field, model, batch_id, ts, workspace, subject_ref, vector)
    select event_key, field, model, batch_id, ts, workspace, subject_ref, vector
    from others
    inner join numbered on others.place %% (select count(*) from numbered) = numbered.place"""
_SIZES = """
    update vault.question_cluster set questions = counted.questions
    from (
        select cluster_id, count(*) as questions from vault.cluster_question group by cluster_id
    ) as counted
    where question_cluster.cluster_id = counted.cluster_id"""
_CLUSTERS = "select cluster_id, questions, vector_sum from vault.question_cluster"
_SUM = "update vault.question_cluster set vector_sum = %b where cluster_id = %s"


def bench_questions(history: int, new: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Of one workspace, the worst case. Nothing but questions is in the logs, and no model is built."""
    rng = np.random.default_rng(0)
    words = np.array(vocabulary())
    topics = rng.choice(words, (_TOPICS, _WORDS_OF_TOPIC))
    with (
        scratch_database("questions") as url,
        closing(connect(url=url, autocommit=True)) as session,
        Lander(url) as lander,
    ):
        scoring = Scoring(session, lander)
        forget_peak()
        say(f"{history} questions")
        few = min(_CLUSTERED, history)
        _land(lander, _asked(rng, words, topics, 0, few))
        session.execute(_ADMIT)
        scoring.run(["topics"])
        for start in range(few, history, _FILE):
            _land(lander, _asked(rng, words, topics, start, min(_FILE, history - start)))
        session.execute(_ADMIT)
        _cluster_the_others(session)
        clock = Clock.of(session)
        began, began_cpu = time.perf_counter(), clock()
        say(f"{new} more")
        _land(lander, _asked(rng, words, topics, history, new))
        session.execute(_ADMIT)
        landed, landed_cpu = time.perf_counter(), clock()
        scoring.run(["topics"])
        return {
            "questions_history": number(session, "select count(*) from raw.query_log") - new,
            "questions_new": new,
            "questions_landing_s": round(landed - began, 2),
            "questions_clustered_s": round(time.perf_counter() - landed, 2),
            "questions_clustered_cpu_s": round(clock() - landed_cpu, 2),
            "questions_cpu_s": round(clock() - began_cpu, 2),
            "questions_clusters": number(session, "select count(*) from vault.question_cluster"),
            "questions_peak_mib": peak_mib(),
        }


def _cluster_the_others(session: psycopg.Connection[Any]) -> None:
    """And the learner stands behind them, as if it had been there."""
    before = {name: (size, total) for name, size, total in session.execute(_CLUSTERS)}
    for statement in (_TAKE_AFTER, _THEIR_VECTORS, _SIZES):
        session.execute(statement, ())
    for name, size, _ in session.execute(_CLUSTERS).fetchall():
        was, total = before[name]
        grown = np.frombuffer(total, "<f4") * np.float32(size / was)
        session.execute(_SUM, (grown.astype("<f4").tobytes(), name))
    session.execute("update ops.scorer set seq = (select max(seq) from ops.admitted_batch)")
    session.execute("analyze")


def _land(lander: Lander, lines: Iterator[str]) -> None:
    with tempfile.TemporaryDirectory(dir=bench_folder()) as folder:
        path = Path(folder) / "questions.jsonl"
        with path.open("w") as file:
            file.writelines(lines)
        lander.land_file(path, 0.0)


def _asked(rng: np.random.Generator, words: Any, topics: Any, first: int, size: int) -> Iterator[str]:
    """Four words of a topic and two of anybody's; of the strange ones six of anybody's."""
    topic = rng.integers(0, len(topics), size)
    picked = topics[topic[:, None], rng.integers(0, _WORDS_OF_TOPIC, (size, 4))]
    strange = rng.random(size) < _STRANGE
    said = np.hstack(
        [np.where(strange[:, None], rng.choice(words, (size, 4)), picked), rng.choice(words, (size, 2))]
    )
    people = rng.integers(0, _PEOPLE, size).tolist()
    for place, (some, person) in enumerate(zip(said.tolist(), people, strict=True), start=first):
        at = _START + timedelta(seconds=10 * place)
        yield (
            json.dumps(
                {
                    "kind": "query",
                    "event_id": f"q{place}",
                    "ts": at.isoformat(),
                    "user_id": f"u{person}",
                    "status": "ok",
                    "query_text": f"How do I {' '.join(some)}?",
                }
            )
            + "\n"
        )
