"""What Dagster shows of a dbt model beyond what dbt says of it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
import yaml
from dagster_dbt import DagsterDbtTranslator, DbtProject

from orchestration.jobs.registry import HOUR, JOBS
from orchestration.settings import PROJECT_DIR

_VARS = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
# As `marts.data_freshness` judges.
FRESH_WITHIN = timedelta(milliseconds=_VARS["freshness_target_ms"])
# As `marts.job_sla` judges: since the day ended, which is at midnight UTC.
_DUE_S = JOBS["build"].due_within_s or 24 * HOUR
_NIGHTLY = dg.FreshnessPolicy.cron(
    deadline_cron=f"{_DUE_S % HOUR // 60} {_DUE_S // HOUR} * * *",
    lower_bound_delta=timedelta(seconds=_DUE_S),
)
# Its one statement, that no log waits for longer than the target, is made anew every minute.
_EVERY_FEW_MINUTES = dg.FreshnessPolicy.time_window(fail_window=FRESH_WITHIN)
_REPORTED_BY_THE_MINUTE = "data_freshness"


class WarehouseTranslator(DagsterDbtTranslator):
    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        group = dbt_resource_props.get("group")
        if dbt_resource_props["resource_type"] == "seed":
            return ["team:warehouse"]  # written by hand, in no area
        if not isinstance(group, Mapping):
            return None
        return [f"team:{group['owner']['name'].lower()}"]

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = self.get_resource_props(manifest, unique_id)
        if node["resource_type"] != "model":
            return spec
        by_the_minute = node["name"] == _REPORTED_BY_THE_MINUTE
        return spec.replace_attributes(
            freshness_policy=_EVERY_FEW_MINUTES if by_the_minute else _NIGHTLY,
            kinds={*spec.kinds, str(node["config"]["materialized"])},
        )
