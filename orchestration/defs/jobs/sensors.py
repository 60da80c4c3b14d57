"""Comes for work that waits although nobody is doing it: its process was killed, or it was replayed."""

import time
from contextlib import closing

import dagster as dg

from orchestration.defs.jobs.jobs import JOBS
from orchestration.defs.jobs.recorded import run_request
from orchestration.defs.jobs.runs import ended, is_live
from orchestration.jobs.ledger import Waiting, due_again, give_up, living_runs
from orchestration.warehouse.connection import connect

# A run that is being started, or that tries again by itself, is not overtaken.
GRACE_S = 45.0
# After the second run that ended before it began; then twice as long each time.
PAUSE_S, _LONGEST_PAUSE_S = 60.0, 3600.0
LOADED_AT = time.time()
_STARTED = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_STOPPED = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    jobs=JOBS,
    description="Runs again what a killed run left behind and what was replayed; gives up what hangs.",
)
def retry_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    with closing(connect(autocommit=True, application_name="assay sensor")) as session:
        waiting = due_again(session, GRACE_S)
        living = living_runs(session)
        for run_id in _ended(context.instance, living):
            give_up(session, run_id)
        ended = _end_orphans(context.instance, living)
    asked = [
        request
        for one in waiting
        if not is_live(context.instance, one.job, one.key)
        and (request := _again(context.instance, one)) is not None
    ]
    if not asked:
        also = f" {ended} runs of a process that is gone were ended." if ended else ""
        return dg.SensorResult(skip_reason=f"Nothing waits for another attempt.{also}")
    return dg.SensorResult(run_requests=asked)


def _again(instance: dg.DagsterInstance, one: Waiting) -> dg.RunRequest | None:
    """None for a while where one run after the other ended before it began."""
    over = ended(instance, one.job, one.key)
    in_vain = len(over) - (one.attempt - 1)
    if in_vain > 1:
        pause = min(PAUSE_S * 2 ** (in_vain - 2), _LONGEST_PAUSE_S)
        if time.time() < (over[0].end_time or 0) + pause:
            return None
    after = over[0].dagster_run.run_id if over else None
    return run_request(one.job, one.key, one.attempt, one.period_start, after)


def _ended(instance: dg.DagsterInstance, living: set[str]) -> list[str]:
    """Cancelled or over their limit some time ago, and still at work."""
    if not living:
        return []
    runs = dg.RunsFilter(run_ids=sorted(living), statuses=_STOPPED)
    return [
        record.dagster_run.run_id
        for record in instance.get_run_records(runs)
        if record.end_time is not None and record.end_time < time.time() - GRACE_S
    ]


def _end_orphans(instance: dg.DagsterInstance, living: set[str]) -> int:
    """Runs are children of the process that serves this code. Those from before it that do nothing have
    lost their process, and would keep their place in the queue until their limit."""
    orphans = [
        record.dagster_run
        for record in instance.get_run_records(dg.RunsFilter(statuses=_STARTED))
        if record.create_timestamp.timestamp() < LOADED_AT and record.dagster_run.run_id not in living
    ]
    for run in orphans:
        instance.report_run_failed(run, "Its process is gone: Dagster was stopped or killed meanwhile.")
    return len(orphans)
