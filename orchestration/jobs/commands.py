"""`assay jobs`: what ran, what was given up, and running it by hand."""

import json
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import click

from orchestration.errors import AssayError
from orchestration.jobs.registry import JOBS, work_of

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_RECENT = """
    select job_run_id as id, job, key, attempt, status, started_at, duration_ms, rows, sqlstate, reason
    from ops.job_run order by job_run_id desc limit %s"""


@click.group()
def jobs() -> None:
    """Scheduled work: what ran, what was given up."""


@jobs.command("list")
@click.option(
    "--limit",
    default=20,
    type=click.IntRange(0),
    show_default=True,
    help="How many at most, newest first.",
)
@_JSON
def list_runs(limit: int, as_json: bool) -> None:
    """The newest attempts."""
    from orchestration.warehouse.connection import connect

    with closing(connect(autocommit=True)) as session:
        cursor = session.execute(_RECENT, (limit,))
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    _show(rows, as_json, "No job has run yet.")


@jobs.command()
@_JSON
def dead(as_json: bool) -> None:
    """Work that was given up."""
    from orchestration.jobs.ledger import dead_letters
    from orchestration.warehouse.connection import connect

    with closing(connect(autocommit=True)) as session:
        letters = dead_letters(session)
    _show(letters, as_json, "Nothing was given up.")


@jobs.command()
@click.argument("ids", type=int, nargs=-1, required=True)
@click.option("--later", is_flag=True, help="Leave it to Dagster, which looks every half a minute.")
def replay(ids: tuple[int, ...], later: bool) -> None:
    """Do dead letters again, once their cause is gone."""
    from orchestration.jobs.ledger import replay as queue_again
    from orchestration.warehouse.connection import connect

    for job_run_id in ids:
        with closing(connect(autocommit=True)) as session:
            job, key = queue_again(session, job_run_id)
        if later:
            click.echo(f"{job} {key} is queued again.")
        else:
            _run(job, key)


@jobs.command("run")
@click.argument("name", type=click.Choice(list(JOBS)))
def run_job(name: str) -> None:
    """Do a job now, whatever its schedule says."""
    from orchestration.jobs.ledger import queue
    from orchestration.warehouse.connection import connect

    key = f"by hand {datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"
    with closing(connect(autocommit=True)) as session:
        queue(session, name, key)
    _run(name, key)


def _run(job: str, key: str) -> None:
    from orchestration.jobs.ledger import run

    done = run(job, key, work_of(job))
    if done is None:
        raise AssayError(f"{job} {key} is being done by somebody else: `assay jobs list` shows it.")
    click.echo(f"{job} {key} is done: {done.rows or 0:,} rows.")


def _show(rows: list[dict[str, Any]], as_json: bool, otherwise: str) -> None:
    from orchestration.warehouse.rendering import print_table

    if as_json:
        click.echo(json.dumps(rows, default=str))
    elif rows:
        print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        click.echo(otherwise)
