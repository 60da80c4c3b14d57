"""The warehouse's own books as assets: written by every run, so no run of Dagster makes them."""

import dagster as dg
from dagster_dbt import get_asset_keys_by_output_name_for_source

from orchestration.defs.dbt.assets import dbt_models
from orchestration.defs.dbt.resources import source_descriptions
from orchestration.defs.landing.assets import KEYS

# What each of them is written from; the others come from the jobs themselves.
_WRITTEN_FROM = {"batch_lag": KEYS["landing"], "check_result": [*KEYS["landing"], *KEYS["raw"]]}

BOOKS = [
    dg.AssetSpec(
        key=key,
        deps=_WRITTEN_FROM.get(key.path[-1], []),
        group_name="governance",
        owners=["team:warehouse"],
        kinds={"postgres"},
        description=source_descriptions[key.path[0], key.path[-1]],
    )
    for key in get_asset_keys_by_output_name_for_source([dbt_models], "ops").values()
]
