"""Everything that Dagster shows: `assay ui`, or `dagster dev -m orchestration.definitions`."""

import dagster as dg

from orchestration.defs.checks.checks import landed_checks
from orchestration.defs.dbt.assets import dbt_models
from orchestration.defs.dbt.resources import dbt_resource
from orchestration.defs.jobs.assets import long_refresh, pruned_history, state_proof
from orchestration.defs.jobs.books import BOOKS
from orchestration.defs.jobs.jobs import JOBS
from orchestration.defs.jobs.schedules import SCHEDULES
from orchestration.defs.jobs.sensors import retry_sensor
from orchestration.defs.landing.assets import evaluation_log, inbox_files, raw_logs
from orchestration.defs.landing.resources import inbox_resource
from orchestration.defs.landing.sensors import inbox_sensor
from orchestration.defs.refresh.sensors import refresh_sensor
from orchestration.defs.reports.assets import executive_report
from orchestration.defs.scoring.assets import scores
from orchestration.defs.sources.assets import imports
from orchestration.defs.sources.sensors import import_sensor

defs = dg.Definitions(
    assets=[
        inbox_files,
        raw_logs,
        evaluation_log,
        imports,
        dbt_models,
        scores,
        state_proof,
        long_refresh,
        pruned_history,
        executive_report,
        *BOOKS,
    ],
    asset_checks=[landed_checks],
    jobs=JOBS,
    schedules=SCHEDULES,
    sensors=[inbox_sensor, import_sensor, refresh_sensor, retry_sensor],
    resources={"dbt": dbt_resource, "inbox_resource": inbox_resource},
)
