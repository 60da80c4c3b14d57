"""The dbt models as assets, each in the group of its area; their tests are asset checks."""

import shutil
from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

from orchestration.defs.dbt.resources import manifest, project
from orchestration.warehouse.build import build_args, dbt_session, run_folder
from orchestration.warehouse.connection import database_url


@dbt_assets(manifest=manifest, project=project, name="dbt_models")
def dbt_models(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    target = run_folder(context.run.run_id)
    with dbt_session(database_url()):
        yield from dbt.cli(build_args(), context=context, target_path=target).stream()
    # Megabytes a run; those of a failed one stay, to be looked at.
    shutil.rmtree(target)
