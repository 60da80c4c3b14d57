"""Comes for work that waits although nobody is doing it: its process was killed, or it was replayed."""

from contextlib import closing

import dagster as dg

from orchestration.defs.jobs.jobs import JOBS
from orchestration.defs.jobs.recorded import run_request
from orchestration.jobs.ledger import due_again
from orchestration.warehouse.connection import connect

# A run that is being started, or that tries again by itself, is not overtaken.
GRACE_S = 45.0


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    jobs=JOBS,
    description="Runs again what a killed run left behind, and what was replayed.",
)
def retry_sensor(_: dg.SensorEvaluationContext) -> dg.SensorResult:
    with closing(connect(autocommit=True, application_name="assay sensor")) as session:
        waiting = due_again(session, GRACE_S)
    if not waiting:
        return dg.SensorResult(skip_reason="Nothing waits for another attempt.")
    return dg.SensorResult(
        run_requests=[run_request(one.job, one.key, one.attempt, one.period_start) for one in waiting]
    )
