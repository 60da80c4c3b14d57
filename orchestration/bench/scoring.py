"""Every offline scorer and learner over a history, with reading, landing and refreshing."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from os import sysconf
from pathlib import Path
from typing import Any

import psycopg

from orchestration.bench.scratch import scratch_database
from orchestration.landing.files import find
from orchestration.landing.lander import Lander
from orchestration.refresh.engine import refresh_all
from orchestration.scoring import registry
from orchestration.scoring.engine import Scoring
from orchestration.warehouse.build import build_models
from orchestration.warehouse.connection import connect

_TICKS = sysconf("SC_CLK_TCK")


@dataclass
class Clock:
    """`server` is the process that all of the server's others descend from."""

    server: int

    def __call__(self) -> float:
        """Processor seconds so far, ours and the server's; others on the machine do not count."""
        return time.process_time() + sum(self._server_s())

    def _server_s(self) -> Iterator[float]:
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:  # it has ended, and is counted with its parent
                continue
            if int(path.parent.name) == self.server:
                yield sum(map(int, fields[11:15])) / _TICKS
            elif int(fields[1]) == self.server:
                yield sum(map(int, fields[11:13])) / _TICKS


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
    queries = _number(session, "select count(*) from raw.query_log")
    clock = Clock(_parent(_number(session, "select pg_backend_pid()")))
    spent: dict[str, float] = {}
    scoring = Scoring(session, lander)
    refresh_all(session)
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


def _parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def _number(session: psycopg.Connection[Any], query: str) -> int:
    row = session.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0
