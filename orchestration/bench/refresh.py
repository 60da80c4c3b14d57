"""How long a refresh takes, against the history that it does not read again."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from orchestration.bench.landing import scratch_database
from orchestration.refresh.engine import TARGET
from orchestration.warehouse.build import build_models

NEW_QUERIES = 4000
DAYS = 90
START = "2026-01-01 00:00+00"


def bench_refresh(queries: int, rounds: int, say: Callable[[str], None]) -> dict[str, Any]:
    with scratch_database() as url, psycopg.connect(url, autocommit=True) as session:
        session.execute((Path(__file__).parent / "world.sql").read_bytes())
        say(f"{queries} queries with their other logs")
        _history(session, queries)
        say("building every model over them")
        build_ms = _timed(lambda: build_models(url))
        say(f"{rounds} refreshes of {NEW_QUERIES} queries with their other logs, a tenth of them late")
        refreshes, models = _refreshes(session, queries, rounds)
        idle = [_timed(lambda: _refresh(session)) for _ in range(20)]
        say("every table against its own definition")
        began = time.perf_counter()
        differing = session.execute(
            "select coalesce(sum(missing + surplus), 0) from ops.differences(%s)", (TARGET,)
        ).fetchall()[0][0]
        compare_s = time.perf_counter() - began
        say("the rebuild, as plain insert ... select")
        rebuild_ms = _plain_rebuild(session)
    p50 = statistics.median(refreshes)
    return {
        "queries": queries,
        "new_queries": NEW_QUERIES,
        "rounds": rounds,
        "refresh_ms_p50": round(p50, 1),
        "refresh_ms_p99": round(
            sorted(refreshes)[min(len(refreshes) - 1, int(len(refreshes) * 0.99))], 1
        ),
        "idle_ms": round(statistics.median(idle), 2),
        "plain_rebuild_ms": round(rebuild_ms),
        "refresh_vs_rebuild": round(rebuild_ms / p50, 1),
        "dbt_first_build_ms": round(build_ms),
        "compare_s": round(compare_s, 1),
        "diff_rows": int(differing),
        "dearest_models_ms": models,
    }


def _history(session: psycopg.Connection, queries: int) -> None:
    session.execute(
        """select landing.ensure_partition(('raw.' || log)::regclass, month::date)
           from unnest(array['query_log', 'guardrail_log', 'usage_log', 'retrieval_log',
                'retrieval_document', 'cost_log', 'feedback_log']) as log,
            generate_series('2025-10-01'::date, '2026-06-01'::date, interval '1 month') as month"""
    )
    per_day = queries // DAYS
    for day in range(DAYS):
        session.execute(
            "select bench.deliver(%s, %s, %s::timestamptz + %s * interval '1 day', '1 day', '0')",
            (day * per_day, (day + 1) * per_day, START, day),
        )
    session.execute("analyze")


def _refreshes(
    session: psycopg.Connection, queries: int, rounds: int
) -> tuple[list[float], dict[str, float]]:
    times = []
    for number in range(rounds):
        first = queries + number * NEW_QUERIES
        session.execute(
            "select bench.deliver(%s, %s, %s::timestamptz + %s * interval '1 day'"
            " + %s * interval '1 hour', '1 hour', %s * interval '1 day')",
            (first, first + NEW_QUERIES, START, DAYS, number, DAYS),
        )
        times.append(_timed(lambda: _refresh(session)))
    dearest = session.execute(
        """select done ->> 'model', round(avg((done ->> 'ms')::numeric), 1)::float
           from ops.refresh_log, jsonb_array_elements(models) as done
           where refresh_id > (select max(refresh_id) - %s from ops.refresh_log)
           group by 1 order by 2 desc limit 60""",
        (rounds,),
    ).fetchall()
    return times, dict(dearest)


def _refresh(session: psycopg.Connection) -> None:
    session.execute("select * from ops.refresh(%s)", (TARGET,))


def _plain_rebuild(session: psycopg.Connection) -> float:
    """The same selects into unindexed, unlogged tables."""
    session.execute("create schema bench_plain")
    total = 0.0
    models = session.execute(
        "select name, definition from ops.model"
        " where target = %s and kind <> 'view' order by depth, name",
        (TARGET,),
    ).fetchall()
    for name, definition in models:
        statement = f"create unlogged table bench_plain.{name} as {definition}"
        total += _timed(partial(session.execute, statement.encode()))
    return total


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
