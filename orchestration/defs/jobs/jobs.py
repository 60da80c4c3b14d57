"""The jobs that schedules and sensors run. Each has a limit; what takes longer is ended."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.defs.checks.checks import landed_checks
from orchestration.defs.dbt.assets import dbt_models
from orchestration.defs.jobs.assets import pruned_history, state_proof
from orchestration.defs.jobs.recorded import JOB_TAG
from orchestration.defs.landing.assets import raw_logs


def _job(
    name: str, selection: dg.AssetSelection, limit_s: int, description: str
) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        name,
        selection=selection,
        description=description,
        tags={JOB_TAG: name, "dagster/max_runtime": str(limit_s)},
        # One process a run: whoever kills it has killed the work, and no step waits for Python.
        executor_def=dg.in_process_executor,
    )


land = _job(
    "land",
    dg.AssetSelection.assets(raw_logs) | dg.AssetSelection.checks(landed_checks),
    3600,
    "Lands what waits in the inbox, and checks it.",
)
check = _job(
    "check",
    dg.AssetSelection.checks(landed_checks),
    600,
    "Whether what landed is fit to be scored and reported.",
)
build = _job(
    "build",
    dg.AssetSelection.assets(dbt_models),
    7200,
    "Every dbt model built, every test run.",
)
prove = _job(
    "prove", dg.AssetSelection.assets(state_proof), 7200, "Every stateful table equals its definition."
)
prune = _job("prune", dg.AssetSelection.assets(pruned_history), 600, "Old operations history removed.")

JOBS = [land, check, build, prove, prune]
