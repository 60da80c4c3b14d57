"""Scorers and learners as assets. They read the logs, and what they say lands in a log again."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.jobs.recorded import recorded
from orchestration.defs.landing.assets import EVALUATIONS, KEYS
from orchestration.scoring import registry

GROUP = "scoring"
OWNERS = ["team:warehouse"]
_READ = ("query_log", "retrieval_log", "retrieval_document")


def _key(name: str) -> dg.AssetKey:
    return dg.AssetKey([GROUP, name])


def _spec(name: str, says: str) -> dg.AssetSpec:
    read = [key for key in KEYS["raw"] if key.path[-1] in _READ]
    # A learner builds on what the scorers said.
    heard = [_key(scorer) for scorer in registry.SCORERS] if name in registry.LEARNERS else []
    return dg.AssetSpec(
        key=_key(name),
        deps=[*read, *heard],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"python", "postgres"},
        description=f"{says} What it lands is evaluator {name} of raw.evaluation_log.",
        # Another run may be scoring, and then this one has nothing to tell.
        skippable=True,
    )


@dg.multi_asset(
    name="scores",
    specs=[_spec(name, says) for name, (says, _) in {**registry.SCORERS, **registry.LEARNERS}.items()],
    can_subset=True,
)
def scores(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Whatever was admitted and not scored yet; then a refresh, so that the marts have it."""
    from orchestration.scoring.engine import score

    chosen = [name for name in registry.names() if _key(name) in context.selected_asset_keys]
    with recorded(context, "score") as mine:
        if mine is None:
            return
        report = score(chosen)
        mine.rows = report.landed
        if report.landed:
            landed = {"new_rows": report.landed}
            context.log_event(dg.AssetMaterialization(EVALUATIONS, metadata=landed))
    for name in chosen:
        yield dg.MaterializeResult(
            asset_key=_key(name),
            metadata={"new_scores": report.by_scorer.get(name, 0)},
        )
