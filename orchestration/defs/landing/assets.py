"""The files that wait, and the logs that landing makes of them."""

from collections.abc import Iterator, Mapping, Set
from typing import Any

import dagster as dg
from dagster_dbt import get_asset_keys_by_output_name_for_source

from orchestration.defs.dbt.assets import dbt_models
from orchestration.defs.dbt.resources import source_descriptions
from orchestration.defs.jobs.recorded import recorded
from orchestration.defs.landing.resources import Inbox
from orchestration.errors import AssayError
from orchestration.jobs.work import Landed, land
from orchestration.landing.contract import KINDS
from orchestration.landing.store import Counts
from orchestration.scoring import registry

GROUP = "landing"
OWNERS = ["team:warehouse"]

inbox_files = dg.AssetSpec(
    key=["landing", "inbox_files"],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"file", "json"},
    description="Files in the folder ASSAY_INBOX and lines in the table landing.inbox.",
)

KEYS = {
    source: list(get_asset_keys_by_output_name_for_source([dbt_models], source).values())
    for source in ("raw", "landing")
}


# Scores come through the same door as everybody's evaluations. One asset cannot be both before scoring,
# as the other logs are, and behind it: this log is reported by whoever landed in it.
EVALUATIONS = next(key for key in KEYS["raw"] if key.path[-1] == "evaluation_log")
evaluation_log = dg.AssetSpec(
    key=EVALUATIONS,
    deps=[inbox_files, *(dg.AssetKey(["scoring", name]) for name in registry.names())],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"postgres"},
    description=source_descriptions["raw", "evaluation_log"],
)


@dg.multi_asset(
    name="raw_logs",
    specs=[
        dg.AssetSpec(
            key=key,
            deps=[inbox_files],
            group_name=GROUP,
            owners=OWNERS,
            kinds={"postgres"},
            description=source_descriptions[key.path[0], key.path[-1]],
            # Another run may be landing the same files, and then this one has nothing to tell.
            skippable=True,
        )
        for keys in KEYS.values()
        for key in keys
        if key != EVALUATIONS
    ],
    # So that a mart can be run with what it needs. Files mix kinds: any subset lands everything.
    can_subset=True,
)
def raw_logs(
    context: dg.AssetExecutionContext, inbox_resource: Inbox
) -> Iterator[dg.MaterializeResult[None]]:
    """Lands every complete file and drains the inbox; landed files move to the folder `landed`."""
    with recorded(context, "land") as mine:
        if mine is None:
            return
        landed = land(inbox_resource.path, inbox_resource.settle_s)
        mine.rows = landed.counts.lines
        yield from _results(landed, context.selected_asset_keys)
        if new := landed.counts.by_kind["evaluation"]:
            context.log_event(dg.AssetMaterialization(EVALUATIONS, metadata={"new_rows": new}))
        for sentence in landed.growing:
            context.log.info(f"left for the next run: {sentence}")
        if landed.problems:
            # The other files have landed; nobody would look for these without a failed run.
            raise AssayError("Not landed:\n" + "\n".join(landed.problems))


def _results(landed: Landed, selected: Set[dg.AssetKey]) -> Iterator[dg.MaterializeResult[None]]:
    for source, keys in KEYS.items():
        for key in keys:
            if key in selected:
                table = key.path[-1]
                metadata = _ledger(landed) if source == "landing" else _rows(landed.counts, table)
                yield dg.MaterializeResult(asset_key=key, metadata=metadata)


def _ledger(landed: Landed) -> Mapping[str, Any]:
    counts = landed.counts
    return {
        "files": landed.files,
        "lines": counts.lines,
        "accepted": counts.accepted,
        "duplicate": counts.duplicate,
        "conflict": counts.conflict,
        "quarantined": counts.quarantined,
    }


def _rows(counts: Counts, table: str) -> Mapping[str, Any]:
    kind = table.removesuffix("_log")
    # Passages have no kind of their own, so nobody counted them.
    return {"new_rows": counts.by_kind[kind]} if kind in KINDS else {}
