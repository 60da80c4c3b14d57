"""Work of the warehouse on itself: proving its state, keeping its books short."""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from orchestration.defs.dbt.assets import dbt_models
from orchestration.defs.dbt.resources import stateful_models
from orchestration.defs.jobs.partitions import PARTITIONS
from orchestration.defs.jobs.recorded import recorded
from orchestration.defs.landing.assets import KEYS
from orchestration.jobs.registry import JOBS, work_of


def made_by(
    job: str, key: list[str], rows_are: str, group: str, deps: Iterable[dg.AssetKey] = ()
) -> dg.AssetsDefinition:
    """The asset that a job makes in one piece. It says nothing in a run that finds the work done."""

    @dg.asset(
        key=key,
        group_name=group,
        owners=["team:warehouse"],
        kinds={"postgres"},
        partitions_def=PARTITIONS.get(JOBS[job].cadence),
        deps=list(deps),
        output_required=False,
        description=JOBS[job].description,
    )
    def made(context: dg.AssetExecutionContext) -> Any:
        with recorded(context, job) as mine:
            if mine is not None:
                mine.rows = work_of(job)(mine)
                yield dg.MaterializeResult(metadata={rows_are: mine.rows or 0})

    return made


long_refresh = made_by(
    "refresh", ["ops", "long_refresh"], "batches_taken_in", "governance", KEYS["landing"]
)
state_proof = made_by(
    "prove",
    ["ops", "state_proof"],
    "rows_compared",
    "governance",
    sorted(key for key in dbt_models.keys if key.path[-1] in stateful_models),
)
pruned_history = made_by("prune", ["ops", "pruned_history"], "rows_removed", "governance")
