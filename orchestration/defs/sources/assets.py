"""What is read of other systems' databases, with its rows and its lag."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration.defs.jobs.recorded import recorded
from orchestration.defs.landing.assets import GROUP, KEYS, OWNERS
from orchestration.jobs.registry import JOBS
from orchestration.jobs.work import refuse_problems
from orchestration.landing.lander import Lander
from orchestration.sources.scheduled import Imported, import_all


@dg.asset(
    key=["landing", "imports"],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"postgres"},
    output_required=False,
    description=JOBS["import_sources"].description,
)
def imports(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Nothing where nobody configured a source."""
    with recorded(context, "import_sources") as mine:
        if mine is None:
            return
        with Lander() as lander:
            found = list(import_all(lander))
        mine.rows = sum(one.counts.lines for one in found)
        yield dg.MaterializeResult(metadata=_said(found))
        for event in _logs(found):
            context.log_event(event)
        refuse_problems(found)


def _said(found: list[Imported]) -> Mapping[str, Any]:
    now = datetime.now(UTC)
    said: dict[str, Any] = {}
    for number, one in enumerate(found, start=1):
        name = f"{number} {one.source}"
        said[f"{name}: new rows"] = one.counts.accepted
        said[f"{name}: refused"] = one.counts.quarantined
        if one.newest is not None:
            said[f"{name}: lag in seconds"] = round((now - one.newest).total_seconds())
    return said


def _logs(found: list[Imported]) -> Iterator[dg.AssetMaterialization]:
    """The logs are made by landing; what came in here is told of them."""
    for key in KEYS["raw"]:
        kind = key.path[-1].removesuffix("_log")
        if new := sum(one.counts.by_kind[kind] for one in found):
            yield dg.AssetMaterialization(key, metadata={"new_rows": new})
