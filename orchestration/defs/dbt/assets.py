"""The dbt models as assets, each in the group of its area; their tests are asset checks."""

import shutil
from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtCliRuntimeError, DbtCliInvocation, DbtCliResource, dbt_assets

from orchestration.defs.dbt.resources import manifest, project
from orchestration.defs.dbt.translator import WarehouseTranslator
from orchestration.defs.jobs.recorded import recorded
from orchestration.jobs.passing import dbt_may_pass
from orchestration.warehouse.build import build_args, dbt_session, run_folder
from orchestration.warehouse.connection import database_url


@dbt_assets(
    manifest=manifest,
    project=project,
    name="dbt_models",
    dagster_dbt_translator=WarehouseTranslator(),
)
def dbt_models(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    with recorded(context, "build") as mine:
        if mine is None:
            return
        target = run_folder(f"{context.run.run_id}-{context.retry_number}")
        mine.rows = 0
        with dbt_session(database_url(), mine.job_run_id):
            invocation = dbt.cli(build_args(), context=context, target_path=target)
            try:
                for event in invocation.stream().fetch_row_counts():
                    mine.rows += 1
                    yield event
            except DagsterDbtCliRuntimeError:
                mine.may_pass = dbt_may_pass(_failures(invocation))
                raise
        # Megabytes a run; those of a failed one stay, to be looked at.
        shutil.rmtree(target)


def _failures(invocation: DbtCliInvocation) -> list[str]:
    try:
        results = invocation.get_artifact("run_results.json")["results"]
    except (OSError, ValueError, KeyError):
        return []
    failed = [one for one in results if one["status"] in ("error", "fail", "runtime error")]
    return [str(one["message"]) for one in failed]
