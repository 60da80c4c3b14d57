"""Asks for an import of the configured sources, once in their interval."""

from contextlib import closing
from datetime import UTC, datetime

import dagster as dg

from orchestration.defs.jobs.recorded import request
from orchestration.errors import AssayError
from orchestration.sources.scheduled import configured, slot
from orchestration.warehouse.connection import connect


@dg.sensor(
    job_name="import_sources",
    minimum_interval_seconds=30,
    # On, and idle until there is a sources.yml.
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Databases that sources.yml names are read every so often.",
)
def import_sensor(_: dg.SensorEvaluationContext) -> dg.SensorResult:
    try:
        found = configured()
    except AssayError as wrong:
        return dg.SensorResult(skip_reason=str(wrong))
    if found is None:
        return dg.SensorResult(skip_reason="No sources.yml names a database.")
    key = slot(found.interval(), datetime.now(UTC))
    with closing(connect(autocommit=True, application_name="assay sensor")) as session:
        asked = request("import_sources", key, session)
    if asked is None:
        return dg.SensorResult(skip_reason=f"Read in the interval from {key}.")
    return dg.SensorResult(run_requests=[asked])
