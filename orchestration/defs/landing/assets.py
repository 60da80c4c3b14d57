"""The files that wait, and the logs that landing makes of them."""

from collections.abc import Iterator, Set

import dagster as dg
from dagster_dbt import get_asset_keys_by_output_name_for_source

from orchestration.defs.dbt.assets import dbt_models
from orchestration.defs.landing.resources import Inbox
from orchestration.errors import AssayError
from orchestration.landing import files, inbox
from orchestration.landing.contract import KINDS
from orchestration.landing.lander import Lander
from orchestration.landing.store import Counts

GROUP = "landing"

inbox_files = dg.AssetSpec(
    key=["landing", "inbox_files"],
    group_name=GROUP,
    description="Files in the folder ASSAY_INBOX and lines in the table landing.inbox.",
)

_KEYS = [
    key
    for source in ("raw", "landing")
    for key in get_asset_keys_by_output_name_for_source([dbt_models], source).values()
]


@dg.multi_asset(
    name="raw_logs",
    specs=[
        dg.AssetSpec(key=key, deps=[inbox_files], group_name=GROUP, kinds={"postgres"}) for key in _KEYS
    ],
    # So that a mart can be run with what it needs. Files mix kinds: any subset lands everything.
    can_subset=True,
)
def raw_logs(
    context: dg.AssetExecutionContext, inbox_resource: Inbox
) -> Iterator[dg.MaterializeResult[None]]:
    """Lands every complete file and drains the inbox; landed files move to the folder `landed`."""
    total, problems = Counts(), []
    with Lander() as lander:
        for path in inbox_resource.waiting():
            try:
                total.add(lander.land_file(path, inbox_resource.settle_seconds))
            except files.GrowingError as growing:
                context.log.info(f"left for the next run: {growing}")
            except (AssayError, OSError) as problem:
                problems.append(f"{path}: {problem}")
            else:
                files.set_aside(path)
        total.add(inbox.drain(lander))
    yield from _results(total, context.selected_asset_keys)
    if problems:
        # The other files have landed; nobody would look for these without a failed run.
        raise dg.Failure("Not landed:\n" + "\n".join(problems))


def _results(counts: Counts, selected: Set[dg.AssetKey]) -> Iterator[dg.MaterializeResult[None]]:
    landed = {f"{kind}_log": counts.by_kind[kind] for kind in KINDS}
    for key in _KEYS:
        if key in selected:
            new_rows = landed.get(key.path[-1])
            # Passages have no kind of their own, so nobody counted them.
            metadata = {} if new_rows is None else {"new_rows": new_rows}
            yield dg.MaterializeResult(asset_key=key, metadata=metadata)
