"""Every offline scorer and learner over a history, with reading, landing and refreshing."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from orchestration.bench.clock import Clock, number
from orchestration.bench.memory import forget_peak, peak_mib
from orchestration.bench.scratch import scratch_database
from orchestration.landing.files import find
from orchestration.landing.lander import Lander
from orchestration.refresh.engine import refresh_all
from orchestration.scoring import registry
from orchestration.scoring.engine import Scoring
from orchestration.warehouse.build import build_models
from orchestration.warehouse.connection import connect


def bench_scoring(folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """The judge is named like the others; without an endpoint it does nothing."""
    with scratch_database("scoring") as url:
        with Lander(url) as lander:
            lander.land_files(find(folder), 0.0)
        say("building every model over them")
        build_models(url)
        with closing(connect(url=url, autocommit=True)) as session, Lander(url) as lander:
            return _measured(session, lander, say)


def _measured(
    session: psycopg.Connection[Any], lander: Lander, say: Callable[[str], None]
) -> dict[str, Any]:
    queries = number(session, "select count(*) from raw.query_log")
    clock = Clock.of(session)
    spent: dict[str, float] = {}
    scoring = Scoring(session, lander)
    refresh_all(session)
    forget_peak()  # dbt has built in this process
    began, began_cpu = time.perf_counter(), clock()
    for some in (registry.SCORERS, registry.LEARNERS):
        for name in some:
            say(name)
            with _spent(spent, name, clock):
                scoring.run([name])
        with _spent(spent, "refresh", clock):
            refresh_all(session)
    took, cpu = time.perf_counter() - began, clock() - began_cpu
    thousands = queries / 1000
    return {
        "scored_queries": queries,
        "scores": scoring.report.landed,
        "scored_queries_per_s": round(queries / took),
        "scoring_peak_mib": peak_mib(),
        "scoring_cpu_s_per_1000": round(cpu / thousands, 2),
        "scoring_cpu_s_per_1000_each": {
            name: round(seconds / thousands, 3) for name, seconds in spent.items()
        },
    }


@contextmanager
def _spent(spent: dict[str, float], name: str, clock: Clock) -> Iterator[None]:
    before = clock()
    yield
    spent[name] = spent.get(name, 0.0) + clock() - before
