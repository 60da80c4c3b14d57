"""Readers of two marts that must say the same, before, during and after anything that changes them.

A probe knows nothing of how the marts are made. So the same probes can be shown to find fault with
other ways of making them, and to find none with ours (acceptance 20).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import psycopg

# Both marts count the queries that landed; one from the sums, one from the fact.
READ_MODELS = {
    "mart_days": "select workspace, day, entries, successes from {{ ref('agg') }}",
    "mart_queries": "select query_key, workspace, day, status from {{ ref('fct') }}",
}
BY_DAYS = "select coalesce(sum(entries), 0)::bigint from house.mart_days"
BY_QUERIES = "select count(*) from house.mart_queries"
LONGEST_WAIT = "100ms"

# Nobody waits for a reader, though changes may wait for each other: asked of the server, which knows
# since when, and not of our own clock.
READER = "reads all the while"
WAITING = f"""
    select count(*) from pg_locks
    inner join pg_stat_activity using (pid)
    where datname = current_database() and not granted and locktype <> 'advisory'
        and clock_timestamp() - waitstart > interval '{LONGEST_WAIT}'
        and exists (
            select from pg_stat_activity as reader
            where reader.application_name = '{READER}'
                and reader.pid = any(pg_blocking_pids(pg_locks.pid))
        )"""

Change = Callable[[], object]


@dataclass
class Probe:
    """One reader. It says each kind of fault that it met once, in `faults`."""

    url: str = field(repr=False)
    faults: set[str] = field(default_factory=set)

    def open(self) -> None:
        self.session = psycopg.connect(self.url, autocommit=True, application_name=READER)
        # Of locks and not of statements: on a busy machine a statement may take long all by itself.
        self.session.execute(f"set lock_timeout = '{LONGEST_WAIT}'")

    def before(self) -> None: ...

    def during(self) -> None: ...

    def after(self) -> None: ...

    def let_go(self) -> None:
        """A change waits for this reader: finish, so that it can go on."""

    def close(self) -> None:
        self.session.close()

    def ask(self, statement: str) -> Any:
        """The one value, or None and a fault."""
        try:
            return self.session.execute(statement.encode()).fetchall()[0][0]
        except psycopg.errors.LockNotAvailable:
            self.faults.add("a reader waited")
        except psycopg.Error as error:
            self.faults.add(f"a reader failed: {type(error).__name__}")
        return None

    def compare(self, counted: Any, with_other: Any) -> None:
        if None not in (counted, with_other) and counted != with_other:
            self.faults.add("marts disagree")


@dataclass
class Statement(Probe):
    """Single statements, one after another: both marts in each, and nothing that was there is gone."""

    known: int = 0

    def during(self) -> None:
        both = self.ask(f"select array[({BY_DAYS}), ({BY_QUERIES})]")
        if both is not None:
            self.compare(*both)
            if min(both) < self.known:
                self.faults.add("rows are missing")
            self.known = max(self.known, min(both))

    before = after = during


@dataclass
class Report(Probe):
    """Two statements in REPEATABLE READ: one before the change, the other after it."""

    first: int | None = None

    def before(self) -> None:
        self.session.execute("begin isolation level repeatable read")
        self.first = self.ask(BY_DAYS)

    def after(self) -> None:
        if self.first is not None:
            self.compare(self.first, self.ask(BY_QUERIES))
            self.first = None
        self.session.execute("rollback")

    let_go = after


@dataclass
class Cursor(Probe):
    """A cursor that stays open through all changes reads what was there when it was opened."""

    left: int | None = None

    def before(self) -> None:
        if self.left is None:
            self.left = self.ask(BY_QUERIES)
            self.session.execute("begin")
            self.session.execute(
                f"declare walk cursor for {BY_QUERIES.replace('count(*)', '*')}".encode()
            )

    def after(self) -> None:
        """A row at a time, so that it is still open at the next change."""
        if self.left and self.is_open():
            self.left -= len(self.session.execute("fetch 1 from walk").fetchall())

    def is_open(self) -> bool:
        return self.session.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE

    def let_go(self) -> None:
        self.session.execute("rollback")

    def close(self) -> None:
        if self.is_open():
            self.left = (self.left or 0) - len(self.session.execute("fetch all from walk").fetchall())
            self.compare(0, self.left)
        super().close()


@dataclass
class OwnView(Probe):
    """A view that a user of a BI tool made on a mart, read through like any mart."""

    def open(self) -> None:
        super().open()
        self.session.execute("create or replace view public.mine as select * from house.mart_days")

    def during(self) -> None:
        both = self.ask(
            f"select array[({BY_DAYS}), ({BY_DAYS.replace('house.mart_days', 'public.mine')})]"
        )
        if both is not None:
            self.compare(*both)

    before = after = during

    def close(self) -> None:
        if self.ask("select to_regclass('public.mine')::text") is None:
            self.faults.add("the view is gone")
        super().close()


PROBES: list[type[Probe]] = [Statement, Report, Cursor, OwnView]


@dataclass(frozen=True)
class Found:
    """`looks`: how often the probes looked while something changed; never would prove nothing."""

    faults: set[str]
    looks: int


def _make_way(probes: Sequence[Probe]) -> None:
    """Whoever asks before the others finish stands behind the change."""
    for one in probes:
        one.during()
    for one in probes:
        one.let_go()


def probe(url: str, kinds: Sequence[type[Probe]], changes: Sequence[Change]) -> Found:
    """Runs the changes, one by one, under the eyes of the probes."""
    probes = [kind(url) for kind in kinds]
    faults: set[str] = set()
    looks = 0
    with psycopg.connect(url, autocommit=True) as observer, ThreadPoolExecutor(1) as changing:
        for one in probes:
            one.open()
        for change in changes:
            for one in probes:
                one.before()
            running: Future[object] = changing.submit(change)
            while not running.done():
                looks += 1
                for one in probes:
                    one.during()
                if observer.execute(WAITING.encode()).fetchall() != [(0,)]:
                    faults.add("a change waited for a reader")
                    _make_way(probes)
            running.result()
            for one in probes:
                one.after()
        for one in probes:
            one.close()
    return Found(faults.union(*(one.faults for one in probes)), looks)
