"""The dbt models as assets, each in the group of its area; their tests are asset checks."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import dagster as dg
import psycopg
from dagster_dbt import DagsterDbtCliRuntimeError, DbtCliInvocation, DbtCliResource, dbt_assets
from psycopg import sql

from orchestration.defs.dbt.resources import manifest, project, stored_relations
from orchestration.defs.dbt.translator import WarehouseTranslator
from orchestration.defs.jobs.recorded import recorded
from orchestration.jobs.passing import dbt_may_pass
from orchestration.warehouse.build import build_args, dbt_session, run_folder
from orchestration.warehouse.connection import connect, database_url


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
        mine.rows = 0
        url = database_url()
        with (
            dbt_session(url, mine.job_run_id),
            closing(connect(autocommit=True, application_name="assay build", url=url)) as session,
        ):
            target = run_folder(f"{context.run.run_id}-{context.retry_number}")
            invocation = dbt.cli(build_args(), context=context, target_path=target)
            try:
                for event in invocation.stream():
                    mine.rows += 1
                    yield _counted(event, session)
            except DagsterDbtCliRuntimeError:
                mine.may_pass = dbt_may_pass(_failures(invocation))
                raise
        # Megabytes a run; those of a failed one stay, to be looked at.
        shutil.rmtree(target)


def _counted(event: Any, session: psycopg.Connection) -> Any:
    """With the rows of what is stored. `fetch_row_counts` of dagster-dbt would keep a core busy with
    waiting for dbt."""
    unique_id = event.metadata["unique_id"].value if isinstance(event, dg.Output) else None
    if unique_id not in stored_relations:
        return event
    relation = sql.Identifier(*stored_relations[unique_id])
    row = session.execute(sql.SQL("select count(*) from {}").format(relation)).fetchone()
    return event.with_metadata({**event.metadata, "dagster/row_count": row[0] if row else 0})


def _failures(invocation: DbtCliInvocation) -> list[str]:
    try:
        results = invocation.get_artifact("run_results.json")["results"]
    except (OSError, ValueError, KeyError):
        return []
    failed = [one for one in results if one["status"] in ("error", "fail", "runtime error")]
    return [str(one["message"]) for one in failed]
