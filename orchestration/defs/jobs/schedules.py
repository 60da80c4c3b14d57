"""When scheduled work runs, in UTC. After a night asleep each runs once, for its newest period."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg

from orchestration.defs.jobs.recorded import request
from orchestration.jobs.periods import Period, last_ended
from orchestration.jobs.registry import JOBS, SCHEDULED
from orchestration.warehouse.connection import connect

_CRON = {
    # A few minutes after the hour, so that what was on its way has landed.
    "hourly": "7 * * * *",
    "nightly": "30 2 * * *",
    "weekly": "30 4 * * 1",
    "monthly": "30 5 1 * *",
}
# A page stays as it is written, and the logs of a month's last local day come when they come: it is
# looked for them until the last of these ticks. Then they may simply have ended.
_REPORT_CRON = "30 5,11,17,23 1-3 * *"
_REPORT_WAITS = timedelta(days=2, hours=23)
INCOMPLETE_TAG = "assay/incomplete"


def tick(job: str, now: datetime) -> dg.RunRequest | dg.SkipReason:
    period = last_ended(JOBS[job].cadence, now)
    with closing(connect(autocommit=True, application_name="assay schedule")) as session:
        lacks = _lacks(session, period) if job == "report" else None
        if lacks and now < period.end + _REPORT_WAITS:
            return dg.SkipReason(f"{period.start:%Y-%m} is not known to its end: {lacks}.")
        asked = request(job, period.key, session, period)
    if asked is None:
        return dg.SkipReason(f"{job} {period.key} was done, is running, or was given up.")
    return asked.with_replaced_attrs(tags={**asked.tags, INCOMPLETE_TAG: lacks}) if lacks else asked


def _lacks(session: psycopg.Connection, month: Period) -> str | None:
    """None once its last local day is over in the logs, whatever the clock says."""
    from orchestration.reports.write import running_day

    day = running_day(session)
    if day is not None and day >= month.end.date():
        return None
    return f"no logs after {day}" if day else "no logs"


def _schedule(job: str) -> dg.ScheduleDefinition:
    def evaluate(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return tick(job, context.scheduled_execution_time or datetime.now(UTC))

    evaluation: Callable[..., dg.RunRequest | dg.SkipReason] = evaluate
    return dg.ScheduleDefinition(
        name=f"{JOBS[job].cadence}_{job}",
        job_name=job,
        cron_schedule=_REPORT_CRON if job == "report" else _CRON[JOBS[job].cadence],
        execution_timezone="UTC",
        execution_fn=evaluation,
        # Safe everywhere: none of them changes what the marts say.
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


SCHEDULES = [_schedule(job) for job in SCHEDULED]
