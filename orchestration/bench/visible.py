"""From the commit of a batch to the moment that a mart shows it, through `assay watch`."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import psycopg

from orchestration.bench.readers import DashboardReader, beside
from orchestration.bench.timing import percentile
from orchestration.bench.world import Place, World
from orchestration.errors import AssayError
from orchestration.refresh.engine import refresh_all
from orchestration.warehouse.connection import connect

# Commits are this small and this frequent: 3.5 million queries a day.
_QUERIES = 20
_PER_SECOND = 2.0
_POLL_S = 0.01
_PATIENCE_S = 120.0
_IS_SHOWN = "select from marts.query_costs where workspace = %s and day = %s and query_key = %s"


class Poller:
    """Looks for the last query of each commit in a mart, all the time; the oldest commit first."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._committed: dict[Place, float] = {}
        self.seconds: list[float] = []

    def expect(self, place: Place) -> None:
        """Called at the commit."""
        self._committed[place] = time.perf_counter()

    @property
    def waiting(self) -> int:
        return len(self._committed)

    def poll(self, stop: threading.Event) -> None:
        with connect(url=self._url, autocommit=True, application_name="assay bench poller") as session:
            while not stop.is_set():
                for place in list(self._committed):
                    if not session.execute(_IS_SHOWN, place).fetchall():
                        break
                    self.seconds.append(time.perf_counter() - self._committed.pop(place))
                stop.wait(_POLL_S)


def bench_visible(url: str, world: World, commits: int) -> dict[str, Any]:
    refresh_all(world.session)
    dashboard = DashboardReader(url)
    poller = Poller(url)
    with _watch(url, world.session), beside(dashboard.read), beside(poller.poll):
        began = time.perf_counter()
        for number in range(commits):
            poller.expect(world.deliver(_QUERIES, 1))
            time.sleep(max(0.0, began + (number + 1) / _PER_SECOND - time.perf_counter()))
        _wait_for_the_last(poller)
    return {
        "visible_s_p50": round(median(poller.seconds), 3),
        "visible_s_p99": round(percentile(poller.seconds, 0.99), 3),
        "visible_commits": len(poller.seconds),
        "reader_blocked": dashboard.blocked,
        "reader_ms_p50": round(median(dashboard.times), 1),
        "reader_ms_max": round(max(dashboard.times), 1),
        "reader_queries": len(dashboard.times),
    }


def _wait_for_the_last(poller: Poller) -> None:
    until = time.perf_counter() + _PATIENCE_S
    while poller.waiting:
        if time.perf_counter() > until:
            raise AssayError(f"{poller.waiting} commits were not visible {_PATIENCE_S:.0f} s later.")
        time.sleep(_POLL_S)


@contextmanager
def _watch(url: str, session: psycopg.Connection) -> Iterator[None]:
    environment = {**os.environ, "ASSAY_DATABASE_URL": url}
    command = [sys.executable, "-m", "orchestration.cli", "watch", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            while not _listens(session):
                if process.poll() is not None:
                    raise AssayError("`assay watch` ended before it began.")
                time.sleep(0.1)
            yield
        finally:
            process.terminate()


def _listens(session: psycopg.Connection) -> bool:
    return session.execute(
        "select exists (select from pg_stat_activity where datname = current_database()"
        " and application_name = 'assay watch' and state = 'idle')"
    ).fetchone() == (True,)
