"""What a refresh takes in, what it refuses, and what its readers see meanwhile."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from unittest.mock import MagicMock
from uuid import uuid4

import engine_world
import psycopg
import pytest
from crashing import make_places
from engine_world import DELTA, House, cost, query

from orchestration.errors import AssayError
from orchestration.refresh import engine, heal
from orchestration.refresh import watch as watch_module
from orchestration.refresh.engine import Refreshed, held_batches, refresh_all, refresh_once, release
from orchestration.refresh.watch import watch
from orchestration.warehouse.connection import connect
from orchestration.warehouse.migrations import migrate
from orchestration.warehouse.server import EmbeddedServer

CALLS = """
{{ config(materialized='touched', key=['thread_ref'], meta={'grain': ['thread_ref']}) }}
select thread_ref, count(*) as calls, {{ to_nanos('max(reported_cost)') }} as nanos
from {{ keyed(ref('stg_costs'), 'thread_ref') }} as costs group by thread_ref
"""
# Says which transaction wrote it: a row that is computed again is another row.
DEAREST = """
{{ config(materialized='touched', key=['thread_ref'], meta={'grain': ['thread_ref']}) }}
select most.thread_ref, most.nanos, cast(cast(pg_current_xact_id() as varchar) as bigint) as written_in
from {{ keyed(ref('calls'), 'thread_ref', only=['thread_ref', 'nanos']) }} as most
"""

# A late cost takes a query from one key to another.
BY_COST = """
{{ config(materialized='additive', key=['workspace', 'spent']) }}
select workspace, coalesce(nanos, 0) as spent, {{ sum_counts('sign') }} as entries
from {{ changes(ref('fct')) }} as changes group by workspace, coalesce(nanos, 0)
"""

# Of these sums: a coarser family, and which of them there are.
BY_WORKSPACE = """
{{ config(materialized='additive', key=['workspace']) }}
select workspace, {{ sum_counts('entries') }} as entries
from {{ sums(ref('by_cost')) }} as sums group by workspace
"""
COSTS_SEEN = """
{{ config(materialized='additive', key=['workspace', 'is_free']) }}
select workspace, spent = 0 as is_free, {{ sum_counts('sign') }} as entries
from {{ appeared(ref('by_cost'), ['workspace', 'spent']) }} as appeared group by workspace, spent = 0
"""

# Sums straight over a log: no fact between, of which the same rows come out when computed again.
BY_STATUS = """
{{ config(materialized='additive', key=['workspace', 'status']) }}
select workspace, status, {{ sum_counts('sign') }} as entries
from {{ changes(ref('stg_queries')) }} as changes group by workspace, status
"""

BY_STATUS_SEEN = """
{{ config(materialized='additive', key=['workspace']) }}
select workspace, {{ sum_counts('sign') }} as entries
from {{ appeared(ref('by_status'), ['workspace']) }} as appeared group by workspace
"""
SEEN = "select is_free, entries from house.costs_seen order by 1"


@pytest.fixture(scope="module")
def built(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Built once, over two queries; every test has a copy."""
    with _database(server, f"test_{uuid4().hex[:12]}") as url:
        with psycopg.connect(url) as session:
            migrate(session)
        with engine_world.house(url, tmp_path_factory.mktemp("house")) as made:
            made.land(query("q1"), query("q2", status="error"), cost("c1", "q1"))
            made.check("assert_fast", DELTA)
            made.model("by_cost", BY_COST)
            made.model("by_workspace", BY_WORKSPACE)
            made.model("costs_seen", COSTS_SEEN)
            made.model("by_status", BY_STATUS)
            assert made.build() == {}
            yield made


@pytest.fixture
def house(built: House, server: EmbeddedServer) -> Iterator[House]:
    with _database(server, f"test_{uuid4().hex[:12]}", built.url.rsplit("/", 1)[1]) as url:
        yield House(url, built.folder)


@contextmanager
def _database(server: EmbeddedServer, name: str, template: str = "template1") -> Iterator[str]:
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template {template}".encode())
        try:
            yield server.url_of(name)
        finally:
            admin.execute(f"drop database {name} with (force)".encode())


def _entries(house: House) -> int:
    return int(house.value("select coalesce(sum(entries), 0) from house.agg"))


def test_nothing_new_changes_nothing(house: House) -> None:
    """Prevents a refresh that rewrites what it already knows."""
    before = house.value("select array_agg(xmin::text order by day) from house.agg")
    assert house.refresh().admitted == 0
    assert house.value("select array_agg(xmin::text order by day) from house.agg") == before
    assert house.value("select count(*) from ops.refresh_log") == 0


def test_a_late_cost_moves_the_day_of_its_query(house: House) -> None:
    """Prevents a cost that arrives after its query, or before it, from being lost or counted twice."""
    house.land(cost("early", "q9", "4"))
    house.refresh()
    assert house.value("select sum(nanos) from house.agg") == 1_000_000_000
    house.land(
        query("q9", ts="2026-01-20T23:30:00Z"), cost("late", "q2", "0.5", ts="2026-04-10T00:00:00Z")
    )
    house.refresh()
    assert house.rows("select day::text, entries, nanos from house.agg order by 1") == [
        ("2026-01-20", 1, 4_000_000_000),
        ("2026-03-01", 2, 1_500_000_000),
    ]
    assert house.differences() == []


def test_a_key_of_which_nothing_is_left_goes(house: House) -> None:
    """Prevents a day of zeros where nothing happened, whether or not a model asks for changes."""
    spent = "select spent / 1000000000, entries from house.by_cost order by 1"
    assert house.rows(spent) == [(0, 1), (1, 1)]
    assert house.rows(SEEN) == [(False, 1), (True, 1)]
    house.land(cost("c2", "q2", "3"))
    house.refresh()
    assert house.rows(spent) == [(1, 1), (3, 1)]
    assert house.rows(SEEN) == [(False, 2)]
    assert house.rows("select entries from house.by_workspace") == [(2,)]


def test_a_cell_comes_up_once_and_goes_once(house: House) -> None:
    """Prevents one thing from being counted whenever its cell changes."""
    house.land(query("q3"), cost("c3", "q3", "1"), query("q4"), cost("c4", "q4", "2"))
    house.refresh()
    assert house.rows(SEEN) == [(False, 2), (True, 1)]  # 1, which two of the four cost, and 2
    assert house.rows("select entries from house.by_workspace") == [(4,)]
    house.land(cost("c5", "q3", "1"))  # now 2, as q4
    house.refresh()
    assert house.rows(SEEN) == [(False, 2), (True, 1)]
    house.land(cost("c6", "q1", "1"))  # and nothing costs 1 any more
    house.refresh()
    assert house.rows(SEEN) == [(False, 1), (True, 1)]
    assert house.differences() == []


def test_a_model_that_is_new_hears_of_changes_that_nobody_asked_for_before(house: House) -> None:
    """Prevents sums that go straight into their table from leaving out who reads them now."""
    house.model("by_status_seen", BY_STATUS_SEEN)
    try:
        with psycopg.connect(house.url, autocommit=True) as session:
            house.land(query("q3", status="cancelled"))
            refresh_all(session)
            assert house.build("--select", "by_status_seen") == {}
            house.land(query("q4", status="blocked"), query("q5", status="ok"))
            refresh_all(session)
        assert house.rows("select entries from house.by_status_seen") == [(4,)]
        assert house.differences() == []
    finally:
        (house.folder / "models" / "by_status_seen.sql").unlink(missing_ok=True)


def test_a_removed_check_holds_nothing_any_more(house: House) -> None:
    """Prevents a check that was deleted because it was wrong from holding batches for ever."""
    house.rows(
        "select ops.end_build('analytics', array_agg(schema_name || '.' || name), '{}') from ops.model"
    )
    house.land(query("slow", latency_ms=5000))
    done = house.refresh()
    assert (done.admitted, done.held) == (1, 0)


def test_rows_that_come_out_as_they_were_are_left_alone(house: House) -> None:
    """Prevents a row from rewriting its neighbours of one key, and all that is summed from them."""
    key = house.value("select query_key from house.fct where status = 'ok'")
    first = f"select xmin::text from house.fct where query_key = '{key}'"
    before = house.rows(first)
    house.land(query("q3", ts="2026-03-01T12:00:00Z", query_id="q1"))  # a second query of the id q1
    house.refresh()
    assert _entries(house) == 3
    assert house.rows(first) == before
    assert house.differences() == []


def test_a_key_gets_rows_in_several_batches(house: House) -> None:
    """Prevents the older rows of a key from being overlooked, or its new ones from counting twice."""
    house.land(query("new"), query("twin", ts="2026-03-01T12:00:00Z", query_id="q1"))
    house.refresh()
    house.land(query("newer", query_id="new"), cost("late", "new"))
    house.refresh()
    assert _entries(house) == 5
    assert house.differences() == []


def test_a_model_hears_only_of_the_columns_that_it_reads(house: House) -> None:
    """Prevents a change of what a model cannot see from computing its rows again."""
    house.model("calls", CALLS)
    house.model("dearest", DEAREST)
    try:
        assert house.build("--select", "calls", "dearest") == {}
        (written,) = house.rows("select nanos, written_in from house.dearest")
        assert written[0] == 1_000_000_000
        house.land(cost("cheaper", "q1", "0.5"))
        house.refresh()
        assert house.rows("select calls, nanos from house.calls") == [(2, 1_000_000_000)]
        assert house.rows("select nanos, written_in from house.dearest") == [written]
        house.land(cost("dearer", "q1", "3"))
        house.refresh()
        assert house.rows("select nanos from house.dearest") == [(3_000_000_000,)]
        house.model("curious", DEAREST.replace("most.nanos", "most.nanos, most.calls"))
        assert "column most.calls does not exist" in house.build("--select", "curious")["curious"]
    finally:
        for name in ("calls", "dearest", "curious"):
            (house.folder / "models" / f"{name}.sql").unlink(missing_ok=True)


def test_plans_are_kept_until_there_is_much_more_to_read(house: House) -> None:
    """Prevents a plan for a handful of rows from reading a backlog, and one a refresh."""
    with psycopg.connect(house.url, autocommit=True) as session:
        sizes: list[str] = []
        for lines in (1, 2, 30, 1):
            house.land(*(query(f"{lines} {len(sizes)} {number}") for number in range(lines)))
            refresh_all(session)
            row = session.execute("select current_setting('assay.planned_for')").fetchone()
            assert row is not None
            sizes.append(row[0])
    assert sizes == ["{1,1}", "{1,1}", "{2,1}", "{2,1}"]
    assert house.differences() == []


def test_an_older_transaction_that_commits_later_is_not_lost(house: House) -> None:
    """Prevents a watermark that passes by a batch which was still open (acceptance 16)."""
    with psycopg.connect(house.url) as slow:
        slow.execute(
            "insert into landing.batch (reader, sha256, first_line, byte_start, byte_end, lines,"
            " accepted, duplicate, conflict, quarantined, accepted_by_kind, contract_version)"
            " values ('file', '', 1, 0, 1, 1, 1, 0, 0, 0, '{}', 1)"
        )
        slow.execute(
            "insert into raw.query_log"
            " (event_key, batch_id, line_no, event_id, ts, workspace, source, status)"
            " select gen_random_uuid(), max(batch_id), 1, 'slow', '2026-03-01 10:00+00', 'default',"
            " 'native', 'ok' from landing.batch"
        )
        house.land(query("q3"))  # a later batch, committed first
        assert house.refresh().admitted == 1
        assert _entries(house) == 3
    assert house.refresh().admitted == 1
    assert _entries(house) == 4
    assert house.differences() == []


def test_a_batch_that_fails_a_check_is_held_and_the_others_are_published(house: House) -> None:
    """Prevents bad rows from reaching a mart, and one bad batch from stopping all (acceptance 19)."""
    house.land(query("bad", latency_ms=5000), query("beside"))
    house.land(query("good"))
    done = house.refresh()
    assert (done.admitted, done.held) == (1, 1)
    assert _entries(house) == 3
    assert house.value("select count(*) from house.stg_queries where latency_ms > 1000") == 0
    with psycopg.connect(house.url, autocommit=True) as session:
        (held,) = held_batches(session)
        assert (held["held_by"], held["findings"], held["sqlstate"]) == ("assert_fast", 1, None)
        assert refresh_all(session).held == 0  # once refused, not asked again
        session.execute("delete from ops.delta_check")
        release(session, held["batch_id"])
        assert refresh_all(session).admitted == 1
        assert refresh_all(session).admitted == 0
        with pytest.raises(AssayError, match="is not held"):
            release(session, held["batch_id"])
    assert _entries(house) == 5
    assert house.differences() == []


def test_a_batch_that_makes_a_model_raise_is_found_and_held(house: House) -> None:
    """Prevents one overflow from stopping every later refresh (acceptance 19)."""
    for number in range(5):
        house.land(query(f"fine{number}"))
        if number == 2:
            # Together more nano-dollars than a bigint holds.
            house.land(*(cost(f"much{n}", "fine1", "1000000000") for n in range(11)))
    done = house.refresh()
    assert (done.admitted, done.held) == (5, 1)
    assert _entries(house) == 7
    with psycopg.connect(house.url, autocommit=True) as session:
        (held,) = held_batches(session)
    assert (held["held_by"], held["sqlstate"]) == ("house.fct", "22003")
    assert house.differences() == []


def test_a_name_too_long_for_an_index_holds_its_batch_only(house: House) -> None:
    """Prevents one absurd workspace from stopping every later refresh (acceptance 19)."""
    long = "".join(uuid4().hex for _ in range(300))  # nothing shortens it here
    house.land(query("absurd", workspace=long))
    house.land(query("fine"))
    done = house.refresh()
    assert (done.admitted, done.held) == (1, 1)
    assert _entries(house) == 3
    with psycopg.connect(house.url, autocommit=True) as session:
        (held,) = held_batches(session)
    # The model, and not what Postgres says: that may quote a row.
    assert (held["held_by"], held["sqlstate"]) == ("house.by_status", "54000")


def test_an_error_that_is_no_batchs_fault_holds_nothing(house: House) -> None:
    """Prevents a broken model from holding every batch there is."""
    house.rows("alter table house.agg rename column nanos to gone")
    house.land(query("q3"))
    with pytest.raises(psycopg.errors.UndefinedColumn):
        house.refresh()
    assert house.value("select count(*) from ops.held_batch") == 0
    house.rows("alter table house.agg rename column gone to nanos")
    house.refresh()
    assert _entries(house) == 3


def test_a_refresh_that_would_not_see_what_it_waited_for_is_refused(house: House) -> None:
    """Prevents a window that begins where the horizon stood before the lock."""
    house.land(query("q3"))
    with psycopg.connect(house.url) as session:
        session.execute("set transaction isolation level repeatable read")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="committed while it"):
            session.execute("select ops.refresh('analytics')")
    name = house.url.rsplit("/", 1)[1]
    house.rows(f"alter database {name} set default_transaction_isolation = 'serializable'")
    with connect(url=house.url, autocommit=True) as session:
        assert refresh_all(session).admitted == 1
    assert house.build("--select", "fct") == {}


def test_two_refreshes_at_once_count_once(house: House) -> None:
    """Prevents overlapping refreshes from adding a batch twice (acceptance 18)."""
    for number in range(6):
        house.land(query(f"n{number}"))
    threads = [threading.Thread(target=house.refresh) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _entries(house) == 8
    assert house.differences() == []


def test_a_refresh_waits_for_the_one_under_way(house: House) -> None:
    """Prevents a second refresh from adding once more what the first has not yet committed."""
    house.land(query("q3"))
    with psycopg.connect(house.url) as first:
        first.execute("select ops.refresh('analytics')")
        second = threading.Thread(target=house.refresh)
        second.start()
        waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and"
        give_up = time.monotonic() + 30
        while not house.value(f"{waits} datname = current_database()"):
            assert time.monotonic() < give_up
            time.sleep(0.01)
        first.commit()
        second.join()
    assert house.value("select sum(entries) from house.by_status") == 3
    assert house.differences() == []


def test_a_refresh_that_is_killed_leaves_the_last_good_state(house: House) -> None:
    """Prevents half a refresh, whatever point it is killed at (acceptance 18)."""
    house.land(query("q3"), query("q4"), cost("c9", "q1"))
    for victim in ("house.fct", "house.agg", "house.srv", "ops.horizon", "ops.refresh_log"):
        house.rows(
            f"create function public.die() returns trigger language plpgsql as $$ begin"
            f" perform pg_terminate_backend(pg_backend_pid()); return null; end $$;"
            f" create trigger die after insert or update or delete on {victim}"
            f" for each statement execute function public.die()"
        )
        with pytest.raises(psycopg.OperationalError):
            house.refresh()
        house.rows(f"drop trigger die on {victim}; drop function public.die()")
        assert _entries(house) == 2
        assert house.value("select count(*) from ops.pending_batch") == 1
    house.refresh()
    assert _entries(house) == 4
    assert house.differences() == []


def test_readers_see_one_cut_and_are_not_blocked(house: House) -> None:
    """Prevents a report that sees half of a refresh, and a reader that waits (acceptance 20)."""
    house.rows("create view public.mine as select * from house.mart")
    with psycopg.connect(house.url) as report, psycopg.connect(house.url, autocommit=True) as quick:
        report.execute("set transaction isolation level repeatable read")
        first = report.execute("select * from public.mine order by 1, 2").fetchall()
        quick.execute("set lock_timeout = '100ms'")  # a busy machine keeps statements waiting, too
        for number in range(5):
            house.land(query(f"n{number}"))
            house.refresh()
            quick.execute("select * from public.mine").fetchall()
        rebuilt = threading.Thread(target=house.build, args=("--full-refresh",))
        rebuilt.start()
        while rebuilt.is_alive():
            assert quick.execute("select sum(entries) from house.agg").fetchall() == [(7,)]
            assert quick.execute("select count(*) from public.mine").fetchall() == [(1,)]
        rebuilt.join()
        assert report.execute("select * from public.mine order by 1, 2").fetchall() == first
    assert house.differences() == []


def test_a_refresh_that_ends_between_any_two_statements_leaves_nothing(house: House) -> None:
    """Prevents half a refresh, wherever its session ends; the places are found in its own source."""
    house.land(query("bad", latency_ms=5000))
    house.land(query("q3"))
    house.land(*(cost(f"much{n}", "q1", "1000000000") for n in range(11)))  # makes the fact raise
    house.land(query("q4"), cost("c9", "q1"))
    with psycopg.connect(house.url, autocommit=True) as session:
        places = make_places(session, "refresh")
    unreached = [place for place in places if not _ends_at(house, place)]
    assert len(places) > 50
    assert [place for place in unreached if "require_living_job" not in place] == NOTHING_THERE
    done = house.refresh()
    assert (done.admitted, done.held, _entries(house)) == (2, 2, 4)
    assert house.differences() == []


# Where a refresh comes by that finds nothing, or the second of a transaction, or one of a target that
# nobody reads, or a session that was prepared before; and no job runs this one.
NOTHING_THERE = ["refresh 8", "refresh 21", "refresh 22", "hold 1", "prepare_new_rows 1"]


def _ends_at(house: House, place: str) -> bool:
    """Nothing has changed either way: a refresh that did not come by there is rolled back."""
    try:
        with psycopg.connect(house.url, autocommit=True) as mortal:
            mortal.execute("select set_config('assay.end_at', %s, false)", (place,))
            with mortal.transaction(force_rollback=True):
                mortal.execute("select ops.refresh('analytics')")
            return False
    except psycopg.OperationalError:
        assert (_entries(house), house.value("select count(*) from ops.pending_batch")) == (2, 4)
        return True


def test_a_large_backlog_is_taken_in_in_steps(house: House) -> None:
    """Prevents one transaction over everything, and a step that another step's rows leak into.

    Of the second batch a line is refused, so that the first two have just as many rows as a step.
    """
    for number in range(6):
        house.land(query(f"n{number}a"), query(f"n{number}b"), cost(f"c{number}", f"n{5 - number}a"))
    with psycopg.connect(house.url, autocommit=True) as session:
        steps = []
        while True:
            row = session.execute("select admitted from ops.refresh('analytics', 5)").fetchall()[0][0]
            if not row:
                break
            steps.append(row)
            assert house.differences() == []
    assert steps == [2, 2, 2]
    assert _entries(house) == 14


def test_two_refreshes_of_one_transaction_count_once(house: House) -> None:
    """Prevents a loop in SQL over `waiting` from adding each window to all that come after it."""
    for number in range(3):
        house.land(query(f"n{number}", status="cancelled"), cost(f"c{number}", f"n{number}"))
    house.rows(
        "do $$ declare more bigint; begin loop"
        " select waiting into more from ops.refresh('analytics', 1); exit when more = 0;"
        " end loop; end $$"
    )
    assert house.value("select count(*) from ops.refresh_log") == 3
    assert (_entries(house), house.differences()) == (5, [])


def test_a_refresh_ends_while_more_keeps_coming(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents a command that never returns beside a steady stream, and one that leaves some."""
    monkeypatch.setattr(engine, "refresh_once", partial(refresh_once, max_rows=1))
    for number in range(3):
        house.land(query(f"there{number}"))
    came = count()

    def land_one_more(_: Refreshed) -> None:
        if (number := next(came)) == 20:
            pytest.fail("it goes on and on")
        house.land(query(f"new{number}"))

    with psycopg.connect(house.url, autocommit=True) as session:
        done = refresh_all(session, on_step=land_one_more)
    assert (done.admitted, done.waiting) == (3, 2)
    assert _entries(house) == 5


def test_how_late_rows_are_is_asked_of_new_batches_only(house: House) -> None:
    """Prevents a report of every minute over all that ever landed, and one without what waits."""
    house.rows(
        "insert into landing.batch (reader, sha256, first_line, byte_start, byte_end, lines, accepted,"
        " duplicate, conflict, quarantined, accepted_by_kind, contract_version, landed_at)"
        """ select 'file', '', 1, 0, 1, 1, 1, 0, 0, 0, '{"tool": 1}', 1, now() - interval '2 days'"""
        " from generate_series(1, 20000)"
    )
    with psycopg.connect(house.url, autocommit=True) as session:
        old = "select min(batch_id) from ops.pending_batch"
        session.execute(f"delete from ops.pending_batch where batch_id > ({old})".encode())
        house.land(query("new"))
        refresh_all(session)
        session.execute("insert into ops.pending_batch select max(batch_id) - 1 from landing.batch")
        session.execute("analyze landing.batch, ops.admitted_batch, ops.refresh_log")
        found = {
            lag.log: (lag.worst_lag_ms is None, lag.waiting_ms is None) for lag in heal.lags(session)
        }
        plan = session.execute(f"explain (format json) {heal._LAGS}".encode()).fetchall()  # noqa: SLF001
    assert found == {"cost": (True, True), "query": (False, True), "tool": (True, False)}
    read_whole = re.findall(r"'Node Type': 'Seq Scan'[^{}]*'Relation Name': '(\w+)'", str(plan))
    assert "batch" not in read_whole


def test_watch_refreshes_when_a_batch_is_committed(house: House) -> None:
    """Prevents marts that wait for a schedule."""
    stop, heard = threading.Event(), []
    seen = threading.Event()

    def say(news: object) -> None:
        heard.append(news)
        seen.set()

    watching = threading.Thread(target=watch, args=(stop, say), kwargs={"url": house.url})
    watching.start()
    try:
        house.land(query("q3"))
        assert seen.wait(60)
        assert _entries(house) == 3
        # A connection that was cut is made again.
        house.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'assay watch' and datname = current_database()"
        )
        seen.clear()
        house.land(query("q4"))
        deadline = time.monotonic() + 60
        while _entries(house) != 4 and time.monotonic() < deadline:
            seen.wait(0.1)
        assert _entries(house) == 4
    finally:
        stop.set()
        watching.join()


class _Told(threading.Event):
    """Counts how long one would have waited, waits for nothing, and is set after so many pauses."""

    def __init__(self, pauses: int) -> None:
        super().__init__()
        self.paused: list[float] = []
        self._enough = pauses

    def wait(self, timeout: float | None = None) -> bool:
        self.paused.append(timeout or 0.0)
        if len(self.paused) >= self._enough:
            self.set()
        return self.is_set()


def _watch(monkeypatch: pytest.MonkeyPatch, stop: _Told, *answers: object) -> list[str]:
    """What a watch says whose refreshes end so, one after the other, and then by the last for ever."""
    left = list(answers)

    def refresh(*_: object) -> Refreshed:
        if isinstance(answer := left.pop(0) if len(left) > 1 else left[0], Exception):
            raise answer
        assert isinstance(answer, Refreshed)
        return answer

    monkeypatch.setattr(watch_module, "connect", lambda **_: MagicMock())
    monkeypatch.setattr(watch_module, "refresh_once", refresh)
    heard: list[str] = []
    watch(stop, lambda news: heard.append(str(news)))
    return heard


def test_a_watch_that_is_refused_waits_before_it_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents ten refused refreshes a second, each with a quarter of a million rows admitted and given
    back, for as long as nobody builds."""
    stop = _Told(pauses=3)
    assert _watch(monkeypatch, stop, AssayError("Refused.")) == ["Refused."]
    assert stop.paused == [watch_module.LOOK_EVERY_S] * 3


def test_a_watch_waits_longer_for_a_database_that_comes_and_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Prevents a server that takes connections and no statements from being asked without rest."""
    stop = _Told(pauses=8)
    assert len(_watch(monkeypatch, stop, psycopg.OperationalError("gone"))) == 1
    assert stop.paused[5] > 1
    assert stop.paused[6:] == [watch_module.LOOK_EVERY_S] * 2


def test_a_watch_says_again_what_ended_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents a second outage that is silent, and that is waited for as if it were the first."""
    gone, done = psycopg.OperationalError("gone"), Refreshed(1, 0, 0)
    stop = _Told(pauses=4)
    heard = _watch(monkeypatch, stop, gone, gone, gone, done, gone)
    assert heard == ["Waiting for the database: gone", str(done), "Waiting for the database: gone"]
    assert stop.paused[3] < stop.paused[2]


def test_the_command_says_what_to_do_before_the_first_build(database_url: str) -> None:
    """Prevents a stack trace as the first thing a newcomer sees."""
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "refresh"],
        env={"ASSAY_DATABASE_URL": database_url, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(engine_world.__file__).parents[3],
    )
    assert done.returncode == 1
    assert "assay build" in done.stderr
    assert "Traceback" not in done.stderr
