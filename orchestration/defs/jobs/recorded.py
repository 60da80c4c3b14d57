"""Runs of Dagster in the warehouse's own book of jobs."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime

import dagster as dg
import psycopg

from orchestration.defs.jobs.partitions import PARTITIONS
from orchestration.errors import AssayError
from orchestration.jobs import ledger
from orchestration.jobs.limits import killed_after
from orchestration.jobs.periods import Period
from orchestration.jobs.registry import JOBS
from orchestration.warehouse.connection import connect

JOB_TAG, KEY_TAG = "assay/job", "assay/key"
# Dagster asks a run to stop at its limit. One that does not hear it has this long.
HANGS_AFTER_S = 120
# The book decides when work is given up; this is only an end to it.
_MOST_RETRIES = 20

Context = dg.AssetExecutionContext | dg.AssetCheckExecutionContext


@contextmanager
def recorded(context: Context, job: str) -> Iterator[ledger.Attempt | None]:
    """None when there is nothing to do: another run does this work, or did it."""
    key = context.run.tags.get(KEY_TAG)
    if key is None or context.run.tags.get(JOB_TAG) != job:
        # Somebody pressed a button: work of its own.
        key = f"run {context.run.run_id}"
        with closing(connect(autocommit=True, application_name="assay job")) as session:
            ledger.queue(session, job, key, _chosen(context, job))
    try:
        with (
            killed_after(JOBS[job].limit_s + HANGS_AFTER_S),
            ledger.attempt(job, key, context.run.run_id) as mine,
        ):
            if mine is None:
                context.log.info(
                    f"{job} {key} was done, is being done, or was given up: nothing to do."
                )
            yield mine
    except ledger.AgainError as again:
        raise dg.RetryRequested(max_retries=_MOST_RETRIES, seconds_to_wait=again.wait_s) from again


def _chosen(context: Context, job: str) -> Period | None:
    """The partition that was chosen with the button."""
    cadence = JOBS[job].cadence
    if cadence not in PARTITIONS or not context.has_partition_key:
        return None
    window = context.partition_time_window
    return Period(cadence, window.start, window.end)


def refuse(context: Context, job: str, sentences: Sequence[str]) -> None:
    """Gives up the work that this run was asked for, because it will not come to it. Work that nobody
    queued is nobody's to miss."""
    key = context.run.tags.get(KEY_TAG)
    if key is None or context.run.tags.get(JOB_TAG) != job:
        return
    with suppress(AssayError), ledger.attempt(job, key, context.run.run_id) as mine:
        if mine is not None:
            raise AssayError("\n".join(sentences))


def request(
    job: str, key: str, session: psycopg.Connection, period: Period | None = None
) -> dg.RunRequest | None:
    """Queues the work and asks for a run of it; None when it was done, is running, or was given up."""
    if not ledger.queue(session, job, key, period):
        return None
    return run_request(job, key, 1, period.start if period else None)


def run_request(
    job: str, key: str, attempt: int, period_start: datetime | None, after: str | None = None
) -> dg.RunRequest:
    """The run key names the attempt: a tick that is repeated asks for the same run. Dagster never
    starts a run key twice, so it also names the run before it that ended and left the work."""
    partition = period_start.astimezone(UTC).strftime("%Y-%m-%d") if period_start else None
    return dg.RunRequest(
        run_key=f"{job} {key} {attempt}" + (f" after {after}" if after else ""),
        job_name=job,
        tags={JOB_TAG: job, KEY_TAG: key},
        partition_key=partition if JOBS[job].cadence in PARTITIONS else None,
    )
