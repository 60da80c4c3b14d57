"""When scheduled work runs, in UTC. After a night asleep each runs once, for its newest period."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import dagster as dg

from orchestration.defs.jobs.recorded import request
from orchestration.jobs.periods import last_ended
from orchestration.jobs.registry import JOBS, SCHEDULED
from orchestration.warehouse.connection import connect

_CRON = {
    # A few minutes after the hour, so that what was on its way has landed.
    "hourly": "7 * * * *",
    "nightly": "30 2 * * *",
    "weekly": "30 4 * * 1",
    "monthly": "30 5 1 * *",
}


def tick(job: str, now: datetime) -> dg.RunRequest | dg.SkipReason:
    period = last_ended(JOBS[job].cadence, now)
    with closing(connect(autocommit=True, application_name="assay schedule")) as session:
        asked = request(job, period.key, session, period)
    if asked is None:
        return dg.SkipReason(f"{job} {period.key} was done, is running, or was given up.")
    return asked


def _schedule(job: str) -> dg.ScheduleDefinition:
    def evaluate(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return tick(job, context.scheduled_execution_time or datetime.now(UTC))

    evaluation: Callable[..., dg.RunRequest | dg.SkipReason] = evaluate
    return dg.ScheduleDefinition(
        name=f"{JOBS[job].cadence}_{job}",
        job_name=job,
        cron_schedule=_CRON[JOBS[job].cadence],
        execution_timezone="UTC",
        execution_fn=evaluation,
        # Safe everywhere: none of them changes what the marts say.
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


SCHEDULES = [_schedule(job) for job in SCHEDULED]
