"""Readers that work beside a measurement, each in a thread and a session of its own."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import IsolationLevel, errors

from orchestration.bench.dashboards.queries import query_names, random_questions
from orchestration.bench.timing import timed
from orchestration.warehouse.connection import connect

# Longer than this no reader may wait for a lock.
BLOCKED_MS = 100
# How many different days and workspaces the dashboard flips through.
_QUESTIONS = 20


@contextmanager
def beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Runs until it is told to stop. What it raises is raised here."""
    stop = threading.Event()
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work(stop)
        except BaseException as error:  # also of threads that end
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if raised:
        raise raised[0]


class LongReader:
    """One REPEATABLE READ transaction after the other, open for minutes: vacuum has to wait."""

    def __init__(self, url: str, seconds: float) -> None:
        self._url = url
        self._seconds = seconds

    def read(self, stop: threading.Event) -> None:
        with connect(url=self._url, application_name="assay bench reader") as session:
            session.isolation_level = IsolationLevel.REPEATABLE_READ
            while not stop.is_set():
                with session.transaction():
                    first = _queries(session)
                    stop.wait(self._seconds)
                    if _queries(session) != first:
                        raise AssertionError("a snapshot changed while it was read")


class DashboardReader:
    """Asks one thing after the other, like a dashboard that somebody clicks through."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.times: list[float] = []
        self.blocked = 0

    def read(self, stop: threading.Event) -> None:
        with connect(url=self._url, autocommit=True, application_name="assay bench reader") as session:
            statements = [
                question.ask(query, "mart")
                for query in query_names()
                for question in random_questions(session, query, _QUESTIONS)
            ]
            random.Random(1).shuffle(statements)  # noqa: S311
            session.execute(f"set lock_timeout = {BLOCKED_MS}".encode())
            while not stop.is_set():
                for statement in statements:
                    self._ask(session, statement)
                    if stop.wait(0.02):
                        break

    def _ask(self, session: psycopg.Connection, statement: str) -> None:
        try:
            self.times.append(timed(lambda: session.execute(statement.encode()).fetchall()))
        except errors.LockNotAvailable:
            self.blocked += 1


def _queries(session: psycopg.Connection) -> int:
    return int(session.execute("select sum(queries) from marts.performance_overview").fetchall()[0][0])
