"""Work of the warehouse on itself: proving its state, keeping its books short."""

import dagster as dg

from orchestration.defs.dbt.assets import dbt_models
from orchestration.defs.dbt.resources import stateful_models
from orchestration.defs.jobs.partitions import MONTHLY, WEEKLY
from orchestration.defs.jobs.recorded import recorded
from orchestration.jobs.work import HISTORY, WORK

GROUP = "governance"
OWNERS = ["team:warehouse"]


@dg.asset(
    key_prefix="ops",
    group_name=GROUP,
    owners=OWNERS,
    kinds={"postgres"},
    partitions_def=WEEKLY,
    deps=sorted(key for key in dbt_models.keys if key.path[-1] in stateful_models),
    output_required=False,
)
def state_proof(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
    """Every stateful table compared with its own definition: no row differs."""
    with recorded(context, "prove") as mine:
        if mine is not None:
            mine.rows = WORK["prove"](mine)
            yield dg.MaterializeResult(metadata={"rows_compared": mine.rows or 0})


@dg.asset(
    key_prefix="ops",
    group_name=GROUP,
    owners=OWNERS,
    kinds={"postgres"},
    partitions_def=MONTHLY,
    output_required=False,
    description=f"Refreshes, job runs and check results older than {HISTORY} are removed.",
)
def pruned_history(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
    with recorded(context, "prune") as mine:
        if mine is not None:
            mine.rows = WORK["prune"](mine)
            yield dg.MaterializeResult(metadata={"rows_removed": mine.rows or 0})
