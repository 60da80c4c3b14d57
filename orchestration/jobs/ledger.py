"""`ops.job_run` in Python: work is queued by its key, taken by one, done, tried again, or given up."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from orchestration.errors import AssayError
from orchestration.jobs.passing import is_from_outside, may_pass, reason_of, sqlstate_of
from orchestration.jobs.periods import Period
from orchestration.jobs.registry import JOBS
from orchestration.landing.retry import waits
from orchestration.warehouse.connection import NoConnectionError, connect

_NAME = "assay job"
_DECLARE = """
    insert into ops.job (name, cadence, limit_s, due_within, description)
    values (%s, %s, %s, make_interval(secs => %s), %s)
    on conflict (name) do update
    set (cadence, limit_s, due_within, description)
        = (excluded.cadence, excluded.limit_s, excluded.due_within, excluded.description)
    where (job.cadence, job.limit_s, job.due_within, job.description) is distinct from
        (excluded.cadence, excluded.limit_s, excluded.due_within, excluded.description)"""


class AgainError(AssayError):
    """It failed in a way that may pass: another attempt is queued."""

    def __init__(self, wait_s: float, reason: str) -> None:
        super().__init__(f"{reason}: tried again in {wait_s:.0f} s")
        self.wait_s = wait_s


@dataclass
class Attempt:
    """One attempt, in the hands of this process. `may_pass` overrules what the error alone tells."""

    job_run_id: int
    rows: int | None = None
    may_pass: bool | None = None


@dataclass(frozen=True)
class Waiting:
    job: str
    key: str
    attempt: int
    period_start: datetime | None
    period_end: datetime | None


def declare(session: psycopg.Connection, *jobs: str) -> None:
    """`ops.job` says of these what the registry says: marts and the retries in the database read it."""
    for name in jobs:
        job = JOBS[name]
        session.execute(_DECLARE, (name, job.cadence, job.limit_s, job.due_within_s, job.description))


def queue(session: psycopg.Connection, job: str, key: str, period: Period | None = None) -> bool:
    """Whether this work waits to be started; False when it is done, running, or given up."""
    declare(session, job)
    starts, ends = (period.start, period.end) if period else (None, None)
    row = session.execute("select ops.queue_job(%s, %s, %s, %s)", (job, key, starts, ends)).fetchone()
    return bool(row and row[0])


@contextmanager
def attempt(job: str, key: str, dagster_run_id: str | None = None) -> Iterator[Attempt | None]:
    """None when there is nothing to do: it was done, is being done, or was given up."""
    with closing(connect(autocommit=True, application_name=_NAME)) as session:
        row = session.execute("select ops.begin_job(%s, %s, %s)", (job, key, dagster_run_id)).fetchone()
        if row is None or row[0] is None:
            yield None
            return
        mine = Attempt(row[0])
        try:
            yield mine
        except BaseException as error:
            if (wait_s := _failed(session, mine, error)) is not None:
                raise AgainError(wait_s, reason_of(error)) from error
            raise
        _tell(session, "select ops.end_job(%s, %s)", (mine.job_run_id, mine.rows))


def run(
    job: str,
    key: str,
    work: Callable[[Attempt], int | None],
    dagster_run_id: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Attempt | None:
    """Attempts until the work is done or given up; `work` returns how many rows it was about."""
    while True:
        try:
            with attempt(job, key, dagster_run_id) as mine:
                if mine is not None:
                    mine.rows = work(mine)
                return mine
        except AgainError as again:
            sleep(again.wait_s)


def due_again(session: psycopg.Connection, grace_s: float) -> list[Waiting]:
    """Work that waits although its pause is over and nobody came for it: its process died, or it was
    replayed."""
    session.execute("select ops.reap_jobs()")
    with session.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(
            "select job, key, attempt, period_start, period_end from ops.job_run"
            " where status = 'queued' and due_at < clock_timestamp() - make_interval(secs => %s)"
            " order by due_at",
            (grace_s,),
        ).fetchall()


def living_runs(session: psycopg.Connection) -> set[str]:
    """Runs of Dagster that do some work now."""
    rows = session.execute(
        "select dagster_run_id from ops.job_run where status = 'running' and dagster_run_id is not null"
    )
    return {run_id for (run_id,) in rows}


def give_up(session: psycopg.Connection, dagster_run_id: str) -> None:
    """Dagster has ended this run, its process goes on: what it still does counts for nothing."""
    session.execute(
        "select ops.fail_job(job_run_id, false, 'failed', null, 'ended from outside, did not stop')"
        " from ops.job_run where status = 'running' and dagster_run_id = %s",
        (dagster_run_id,),
    )


def dead_letters(session: psycopg.Connection) -> list[dict[str, Any]]:
    cursor = session.execute(
        "select job_run_id as id, job, key, attempt as attempts, ended_at, sqlstate, reason"
        " from ops.dead_letter order by ended_at, job_run_id"
    )
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def replay(session: psycopg.Connection, job_run_id: int) -> tuple[str, str]:
    """Queues a dead letter again; says which work it is."""
    row = session.execute("select ops.replay_job(%s)", (job_run_id,)).fetchone()
    work = session.execute(
        "select job, key from ops.job_run where job_run_id = %s", (job_run_id,)
    ).fetchone()
    if row is None or not row[0] or work is None:
        raise AssayError(
            f"There is no dead letter {job_run_id}: `assay jobs dead` shows those there are."
        )
    return work[0], work[1]


def _failed(session: psycopg.Connection, mine: Attempt, error: BaseException) -> float | None:
    """Seconds until the next attempt; None when there is none, or when nobody could be told."""
    from_outside = is_from_outside(error)
    passes = not from_outside and (may_pass(error) if mine.may_pass is None else mine.may_pass)
    reason = "ended from outside" if from_outside else reason_of(error)
    parameters = (mine.job_run_id, passes, "failed", sqlstate_of(error), reason)
    with suppress(psycopg.Error, NoConnectionError):
        told = _tell(
            session,
            "select extract(epoch from ops.fail_job(%s, %s, %s, %s, %s) - clock_timestamp())::float",
            parameters,
        )
        return None if told is None else max(0.0, float(told))
    # Without a database nobody can be told. The attempt counts as lost as soon as there is one again.
    return None


def _tell(session: psycopg.Connection, query: str, parameters: tuple[Any, ...]) -> Any:
    """By the attempt's own session, or by another if the database went away meanwhile."""
    with suppress(psycopg.OperationalError):
        return _value(session, query, parameters)
    for wait in waits():
        with (
            suppress(psycopg.OperationalError, NoConnectionError),
            closing(connect(autocommit=True, application_name=_NAME)) as another,
        ):
            return _value(another, query, parameters)
        time.sleep(wait)
    raise NoConnectionError("The database went away and could not be told how the job ended.")


def _value(session: psycopg.Connection, query: str, parameters: tuple[Any, ...]) -> Any:
    row = session.execute(query.encode(), parameters).fetchone()
    return row[0] if row else None
