"""Everything that Dagster shows: `dagster dev -m orchestration.definitions`."""

import dagster as dg

from orchestration.defs.dbt.assets import dbt_models
from orchestration.defs.dbt.resources import dbt_resource
from orchestration.defs.landing.assets import inbox_files, raw_logs
from orchestration.defs.landing.resources import inbox_resource

defs = dg.Definitions(
    assets=[inbox_files, raw_logs, dbt_models],
    resources={"dbt": dbt_resource, "inbox_resource": inbox_resource},
)
