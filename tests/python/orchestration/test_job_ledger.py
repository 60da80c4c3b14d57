"""Work is done once per key, tried again where that can help, given up in the open, and never lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import errors

from orchestration.errors import AssayError
from orchestration.jobs import ledger, work
from orchestration.jobs.passing import dbt_may_pass, may_pass
from orchestration.jobs.periods import last_ended
from orchestration.jobs.registry import JOBS, Job
from orchestration.settings import PROJECT_DIR


@pytest.fixture
def session(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def _book(session: psycopg.Connection) -> list[tuple[int, str, str | None]]:
    return session.execute(
        "select attempt, status, sqlstate from ops.job_run order by job_run_id"
    ).fetchall()


def _never(_: ledger.Attempt) -> int:
    raise AssertionError("it was done already")


def _deadlock(_: ledger.Attempt) -> int:
    raise errors.DeadlockDetected


def _bad_sql(_: ledger.Attempt) -> int:
    with psycopg.connect(os.environ["ASSAY_DATABASE_URL"]) as connection:
        connection.execute("selec 1")
    return 0


def _raises(error: type[Exception]) -> Exception:
    return error()


def _interrupt(_: float) -> None:
    raise InterruptedError


def _end_the_workers_session(session: psycopg.Connection) -> None:
    session.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name = 'assay job' and datname = current_database()"
    )


def test_the_same_key_is_done_once(session: psycopg.Connection) -> None:
    """Prevents a file that lands twice because a sensor asked twice."""
    assert ledger.queue(session, "land", "k")
    done = ledger.run("land", "k", lambda _: 7)
    assert done is not None
    assert not ledger.queue(session, "land", "k")
    assert ledger.run("land", "k", _never) is None
    assert session.execute("select status, rows from ops.job_run").fetchall() == [("succeeded", 7)]


def test_a_job_that_the_book_does_not_know_is_written_into_it(
    session: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents a migration for every job that is added, and a book with the limits of last year."""
    job = Job("no:where", "hourly", limit_s=60, due_within_s=120, description="New.")
    monkeypatch.setitem(JOBS, "new", job)
    assert ledger.queue(session, "new", "k")
    monkeypatch.setitem(JOBS, "new", replace(job, limit_s=90, due_within_s=None))
    ledger.queue(session, "new", "k")
    book = session.execute("select limit_s, due_within, max_attempts from ops.job where name = 'new'")
    assert book.fetchall() == [(90, None, 5)]


def test_two_schedulers_at_once_get_one_run(session: psycopg.Connection) -> None:
    """Prevents two builds of one night when somebody starts a second daemon."""
    started: list[int] = []

    def work(mine: ledger.Attempt) -> int:
        started.append(mine.job_run_id)
        time.sleep(0.3)
        return 1

    def schedule(_: int) -> None:
        with psycopg.connect(os.environ["ASSAY_DATABASE_URL"], autocommit=True) as own:
            ledger.queue(own, "build", "2026-03-01")
        ledger.run("build", "2026-03-01", work)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(schedule, range(8)))
    assert len(started) == 1
    assert _book(session) == [(1, "succeeded", None)]


def test_the_book_refuses_the_same_work_twice(session: psycopg.Connection) -> None:
    """Prevents a second run of one key, whoever asks: two schedulers see each other too late."""
    ledger.queue(session, "build", "k")
    with pytest.raises(errors.UniqueViolation):
        session.execute(
            "insert into ops.job_run (job, key, attempt, status) values ('build', 'k', 2, 'queued')"
        )


def test_a_deadlock_is_tried_again_with_growing_pauses_and_then_given_up(
    session: psycopg.Connection,
) -> None:
    """Prevents a night without a build for a moment's bad luck, and a loop that never ends."""
    pauses: list[float] = []
    ledger.queue(session, "build", "k")
    with pytest.raises(errors.DeadlockDetected):
        ledger.run("build", "k", _deadlock, sleep=pauses.append)
    assert [status for _, status, _ in _book(session)] == ["failed"] * 4 + ["dead"]
    assert {state for _, _, state in _book(session)} == {"40P01"}
    for pause, least in zip(pauses, (0.5, 1.0, 2.0, 4.0), strict=True):
        assert least - 0.1 <= pause <= 3 * least
    assert not ledger.queue(session, "build", "k")


def test_pauses_differ(session: psycopg.Connection) -> None:
    """Prevents many that failed together from coming back together."""
    pauses: list[float] = []
    for key in "abcdefgh":
        ledger.queue(session, "build", key)
        with pytest.raises(errors.DeadlockDetected):
            ledger.run("build", key, _deadlock, sleep=pauses.append)
    firsts = pauses[::4]
    assert max(firsts) - min(firsts) > 0.1  # more than the clock moves between two looks at it


def test_what_passes_ends_well(session: psycopg.Connection) -> None:
    """Prevents a retry that forgets what it was retrying."""
    tries: list[int] = []

    def second_time(mine: ledger.Attempt) -> int:
        tries.append(mine.job_run_id)
        if len(tries) < 2:
            raise errors.SerializationFailure
        return 3

    ledger.queue(session, "build", "k")
    ledger.run("build", "k", second_time, sleep=lambda _: None)
    assert _book(session) == [(1, "failed", "40001"), (2, "succeeded", None)]


def test_bad_sql_is_never_tried_again(session: psycopg.Connection) -> None:
    """Prevents a typing error from being run five times a night."""
    ledger.queue(session, "build", "k")
    with pytest.raises(errors.SyntaxError):
        ledger.run("build", "k", _bad_sql, sleep=lambda _: pytest.fail("it waited"))
    assert _book(session) == [(1, "dead", "42601")]


def test_a_dead_letter_is_replayed_once(session: psycopg.Connection) -> None:
    """Prevents work that was given up from being forgotten, or from being done twice."""
    ledger.queue(session, "build", "k")
    with pytest.raises(errors.SyntaxError):
        ledger.run("build", "k", _bad_sql)
    (letter,) = ledger.dead_letters(session)
    assert ledger.replay(session, letter["id"]) == ("build", "k")
    with pytest.raises(AssayError, match="no dead letter"):
        ledger.replay(session, letter["id"])
    assert ledger.run("build", "k", lambda _: 1) is not None
    assert ledger.dead_letters(session) == []
    assert _book(session) == [(1, "dead", "42601"), (2, "succeeded", None)]


def test_a_replay_has_all_its_attempts_again(session: psycopg.Connection) -> None:
    """Prevents a replay that gives up at the first deadlock because there were others before."""
    ledger.queue(session, "build", "k")
    with pytest.raises(errors.DeadlockDetected):
        ledger.run("build", "k", _deadlock, sleep=lambda _: None)
    ledger.replay(session, ledger.dead_letters(session)[0]["id"])
    with pytest.raises(errors.DeadlockDetected):
        ledger.run("build", "k", _deadlock, sleep=lambda _: None)
    assert [status for _, status, _ in _book(session)] == (["failed"] * 4 + ["dead"]) * 2


def _cancelled(_: ledger.Attempt) -> int:
    raise KeyboardInterrupt


def _cancelled_in_a_query(_: ledger.Attempt) -> int:
    try:
        raise KeyboardInterrupt
    finally:
        raise psycopg.OperationalError


@pytest.mark.parametrize("work", [_cancelled, _cancelled_in_a_query])
def test_a_cancelled_run_is_not_started_again(
    session: psycopg.Connection, work: Callable[[ledger.Attempt], int]
) -> None:
    """Prevents a run that somebody stopped, or that ran out of time, from coming back by itself; also
    where the interrupt is seen only as a connection that broke."""
    ledger.queue(session, "build", "k")
    with pytest.raises((KeyboardInterrupt, psycopg.OperationalError)):
        ledger.run("build", "k", work, sleep=lambda _: None)
    assert session.execute("select status, reason from ops.job_run").fetchall() == [
        ("dead", "ended from outside")
    ]


_WORKER = """
import sys, time
from orchestration.jobs import ledger, work
with ledger.attempt("build", "k") as mine:
    print(mine.job_run_id, flush=True)
    time.sleep(60)
"""


def _working(session: psycopg.Connection) -> subprocess.Popen[str]:
    ledger.queue(session, "build", "k")
    worker = subprocess.Popen(
        [sys.executable, "-c", _WORKER], stdout=subprocess.PIPE, text=True, cwd=PROJECT_DIR
    )
    assert worker.stdout is not None
    assert worker.stdout.readline()
    return worker


def _until(session: psycopg.Connection, key: str = "k", seconds: float = 60) -> list[ledger.Waiting]:
    until = time.monotonic() + seconds
    while not (found := ledger.due_again(session, -60)) and time.monotonic() < until:
        time.sleep(0.1)
    assert [one.key for one in found] == [key]
    return found


def test_a_killed_worker_is_noticed_and_its_work_is_done_by_another(
    session: psycopg.Connection,
) -> None:
    """Prevents a run that stands as running for ever, and blocks its key, after kill -9."""
    worker = _working(session)
    assert ledger.due_again(session, -60) == []  # it lives: nobody takes its work
    assert ledger.run("build", "k", _never) is None
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    (waiting,) = _until(session)
    assert waiting.attempt == 2
    ledger.run("build", "k", lambda _: 1)
    assert _book(session) == [(1, "lost", None), (2, "succeeded", None)]


def test_a_limit_on_idle_sessions_ends_no_job(session: psycopg.Connection) -> None:
    """Prevents a job of an hour from losing its key, and its work, to a database that ends who is
    silent for half of one."""
    name = session.info.dbname
    session.execute(f"alter database {name} set idle_session_timeout = '2s'".encode())
    ledger.queue(session, "build", "k")
    with ledger.attempt("build", "k"):
        time.sleep(3)
        living = """select count(*) from pg_stat_activity
                    where application_name = 'assay job' and datname = current_database()"""
        assert session.execute(living).fetchall() == [(1,)]
    assert _book(session) == [(1, "succeeded", None)]


def test_a_worker_that_lost_the_database_is_noticed(session: psycopg.Connection) -> None:
    """Prevents work from standing still because the server was restarted under it."""
    ledger.queue(session, "build", "k")
    with ledger.attempt("build", "k") as mine:
        assert mine is not None
        _end_the_workers_session(session)
        _until(session)
    # It ended well after all, but another attempt was promised already: the work is idempotent.
    assert _book(session) == [(1, "lost", None), (2, "queued", None)]


def test_an_error_while_the_connection_is_gone_is_told_by_another(session: psycopg.Connection) -> None:
    """Prevents a failure that nobody can write down."""

    def shut_down(_: ledger.Attempt) -> int:
        _end_the_workers_session(session)
        raise errors.AdminShutdown

    ledger.queue(session, "build", "k")
    with pytest.raises(InterruptedError):
        ledger.run("build", "k", shut_down, sleep=_interrupt)
    assert _book(session) == [(1, "failed", "57P01"), (2, "queued", None)]


_HANGS = """
import signal, time
from orchestration.jobs.limits import killed_after
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with killed_after(1):
    {while_limited}
time.sleep(1.2)
"""


@pytest.mark.parametrize(
    ("while_limited", "ended_by"), [("while True: pass", signal.SIGALRM), ("pass", 0)]
)
def test_a_process_that_hangs_is_killed_and_one_that_is_done_is_not(
    while_limited: str, ended_by: int
) -> None:
    """Prevents a run that hears nothing from working on for ever (acceptance 23)."""
    script = _HANGS.format(while_limited=while_limited)
    ran = subprocess.run([sys.executable, "-c", script], cwd=PROJECT_DIR, timeout=60)
    assert ran.returncode == -ended_by


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (errors.DeadlockDetected, True),
        (errors.SerializationFailure, True),
        (errors.AdminShutdown, True),
        (errors.CrashShutdown, True),
        (errors.CannotConnectNow, True),
        (errors.ConnectionFailure, True),
        (psycopg.OperationalError, True),
        (errors.QueryCanceled, False),
        (errors.DiskFull, False),
        (errors.UndefinedColumn, False),
        (errors.UniqueViolation, False),
        (AssayError, False),
        (ValueError, False),
    ],
)
def test_only_errors_that_can_pass_pass(error: type[Exception], passes: bool) -> None:
    """Prevents retries that change nothing, and a lost night for want of one."""
    assert may_pass(_raises(error)) is passes


def test_a_failed_test_of_dbt_never_passes() -> None:
    """Prevents a build from running five times because its data are wrong."""
    deadlock = "Database Error in model x\n  deadlock detected"
    assert dbt_may_pass([deadlock])
    assert not dbt_may_pass([deadlock, "Got 3 results, configured to fail if != 0"])
    assert not dbt_may_pass([])


def test_no_message_of_an_error_is_kept(session: psycopg.Connection) -> None:
    """Prevents a user's text, quoted by an error, from standing in the operations log."""

    def quotes(_: ledger.Attempt) -> int:
        session.execute("select 'what anna asked'::int")
        return 0

    ledger.queue(session, "build", "k")
    with pytest.raises(errors.InvalidTextRepresentation):
        ledger.run("build", "k", quotes)
    rows = session.execute("select job_run::text from ops.job_run").fetchall()
    assert rows
    assert "anna" not in str(rows)


@pytest.mark.parametrize(
    ("cadence", "key", "start", "end"),
    [
        ("hourly", "2026-03-01-23:00", "2026-03-01T23:00", "2026-03-02T00:00"),
        ("nightly", "2026-03-01", "2026-03-01", "2026-03-02"),
        ("weekly", "2026-02-23", "2026-02-23", "2026-03-02"),
        ("monthly", "2026-02-01", "2026-02-01", "2026-03-01"),
    ],
)
def test_the_last_period_is_the_one_that_is_over(cadence: str, key: str, start: str, end: str) -> None:
    """Prevents an hour that is scored before it is over. 2 March 2026 is a Monday."""
    period = last_ended(cadence, datetime(2026, 3, 2, 0, 0, 30, tzinfo=UTC))
    assert period.key == key
    assert period.start == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert period.end == datetime.fromisoformat(end).replace(tzinfo=UTC)


_MONTHS = [1, 2, 12, 14]  # how long ago


def test_books_keep_thirteen_months_and_work_that_is_not_done(session: psycopg.Connection) -> None:
    """Prevents a year that cannot be looked up, books that grow for ever, and work forgotten as old."""
    for status in ("succeeded", "failed", "lost", "dead", "queued", "running"):
        session.execute(
            "insert into ops.job_run (job, key, attempt, status, queued_at)"
            " select 'land', %s || months, 1, %s, now() - make_interval(months => months)"
            " from unnest(%s::int[]) as months",
            (status, status, _MONTHS),
        )
    session.execute(
        "insert into ops.check_result (suite, expectation, since, succeeded, duration_ms, checked_at)"
        " select 's', 'e', now(), true, 1, now() - make_interval(months => months)"
        " from unnest(%s::int[]) as months",
        (_MONTHS,),
    )
    assert work.prune(ledger.Attempt(0)) == 5
    assert session.execute("select count(*) from ops.check_result").fetchone() == (3,)
    kept = session.execute("select status from ops.job_run where key like '%14' order by 1").fetchall()
    assert kept == [("queued",), ("running",)]
    assert session.execute("select count(*) from ops.job_run").fetchone() == (3 * 6 + 2,)


def test_what_a_refresh_did_is_kept_for_weeks_and_that_it_was_for_a_year(
    session: psycopg.Connection,
) -> None:
    """Prevents 40 GB of JSON a year where marts are refreshed every second."""
    session.execute(
        "insert into ops.refresh_log (target, seq_from, seq_to, batches, held, started_at, ended_at,"
        " models) select 'analytics', months, months + 1, 1, 0, now(),"
        " now() - make_interval(months => months),"
        ' \'[{"model": "core.one"}]\''
        " from unnest(%s::int[]) as months",
        (_MONTHS,),
    )
    assert work.prune(ledger.Attempt(0)) == 1
    kept = session.execute("select seq_from, models from ops.refresh_log order by seq_from").fetchall()
    assert kept == [(1, [{"model": "core.one"}]), (2, []), (12, [])]
