"""The jobs of the registry as Dagster runs them: which part of the graph each of them makes."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.defs.checks.checks import landed_checks
from orchestration.defs.dbt.assets import dbt_models
from orchestration.defs.jobs.assets import long_refresh, pruned_history, state_proof
from orchestration.defs.jobs.recorded import JOB_TAG
from orchestration.defs.landing.assets import raw_logs
from orchestration.defs.reports.assets import executive_report
from orchestration.defs.scoring.assets import scores
from orchestration.defs.sources.assets import imports
from orchestration.jobs import registry

_MAKES = {
    "land": dg.AssetSelection.assets(raw_logs) | dg.AssetSelection.checks(landed_checks),
    "import_sources": dg.AssetSelection.assets(imports),
    "refresh": dg.AssetSelection.assets(long_refresh),
    "check": dg.AssetSelection.checks(landed_checks),
    # A check that blocks, fails: then nothing is scored.
    "score": dg.AssetSelection.assets(scores) | dg.AssetSelection.checks(landed_checks),
    "build": dg.AssetSelection.assets(dbt_models),
    "prove": dg.AssetSelection.assets(state_proof),
    "report": dg.AssetSelection.assets(executive_report),
    "prune": dg.AssetSelection.assets(pruned_history),
}


def _job(name: str) -> UnresolvedAssetJobDefinition:
    job = registry.JOBS[name]
    return dg.define_asset_job(
        name,
        selection=_MAKES[name],
        description=job.description,
        tags={JOB_TAG: name, "dagster/max_runtime": str(job.limit_s)},
        # One process a run: whoever kills it has killed the work, and no step waits for Python.
        executor_def=dg.in_process_executor,
    )


JOBS = [_job(name) for name in registry.JOBS]
