"""Reports as assets, on the marts that they read."""

from orchestration.defs.dbt.assets import dbt_models
from orchestration.defs.jobs.assets import made_by
from orchestration.reports.executive.compose import READS

executive_report = made_by(
    "report",
    ["reports", "executive"],
    "pages",
    "reports",
    sorted(key for key in dbt_models.keys if key.path[-1] in READS),
)
