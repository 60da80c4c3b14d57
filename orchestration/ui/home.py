"""Dagster's own home, under ASSAY_HOME, and its storage: another database of the warehouse's server.

`assay ui` needs nothing of this. To start Dagster's own commands instead:
    eval "$(.venv/bin/python -m orchestration.ui.home)" && .venv/bin/dagster dev
"""

import os
import shlex
from contextlib import closing
from pathlib import Path

import click

from orchestration import settings
from orchestration.errors import AssayError
from orchestration.warehouse.connection import connect, database_url, parts
from orchestration.warehouse.urls import sqlalchemy_url

STORAGE_VARIABLE = "ASSAY_DAGSTER_URL"
CONFIGURATION = f"""\
# Written once; from then on it is yours. Secrets come from the environment.

# Without this, Dagster reports its use to its maker.
telemetry: {{enabled: false}}

storage:
  postgres:
    postgres_url: {{env: {STORAGE_VARIABLE}}}

# After a night asleep, a schedule runs once, for the newest period.
scheduler:
  module: dagster._core.scheduler
  class: DagsterDaemonScheduler
  config: {{max_catchup_runs: 1, max_tick_retries: 3}}

# Making a run of all models takes Dagster a while, because it plans each of their tests: the others
# must not wait for it.
sensors: {{use_threads: true, num_workers: 4}}
schedules: {{use_threads: true, num_workers: 2}}

# Two cores: one build and one small job side by side; never the same job twice.
concurrency:
  runs:
    max_concurrent_runs: 2
    tag_concurrency_limits:
      - key: assay/job
        value: {{applyLimitPerUniqueValue: true}}
        limit: 1

# A run that does not start, does not stop, or takes too long is ended, and its place is free again.
# Jobs state limits of their own.
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
  cancel_timeout_seconds: 60
  max_runtime_seconds: 14400
  poll_interval_seconds: 20
  free_slots_after_run_end_seconds: 60

freshness: {{enabled: true}}

# Ticks that did nothing are most of them.
retention:
  schedule: {{purge_after_days: {{skipped: 7, started: 30, success: 90, failure: 90}}}}
  sensor: {{purge_after_days: {{skipped: 1, started: 7, success: 30, failure: 30}}}}
"""


def prepare_home() -> Path:
    """The folder for DAGSTER_HOME; a configuration that stands there already is the user's."""
    home = settings.load().home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    if not configuration.exists():
        configuration.write_text(CONFIGURATION)
    return home


def environment() -> dict[str, str]:
    """What Dagster's processes need. The warehouse's URL is among it, so that none of them starts a
    server that somebody has stopped."""
    url = database_url()
    return {
        "DAGSTER_HOME": str(prepare_home()),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        "ASSAY_HOME": str(settings.load().home),
        "ASSAY_DATABASE_URL": url,
        STORAGE_VARIABLE: os.environ.get(STORAGE_VARIABLE) or _make_storage(url),
    }


def _make_storage(url: str) -> str:
    import psycopg
    from psycopg import sql

    with closing(connect(autocommit=True, url=url, application_name="assay ui")) as session:
        name = f"{session.info.dbname}_dagster"
        try:
            if not session.execute("select from pg_database where datname = %s", (name,)).rowcount:
                session.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        except psycopg.errors.DuplicateDatabase:
            pass  # another was faster
        except psycopg.errors.InsufficientPrivilege:
            raise AssayError(
                f"{parts(url).get('user')} may not create the database {name} for Dagster: let somebody"
                f" create it, or set {STORAGE_VARIABLE} to another."
            ) from None
    return sqlalchemy_url(url, database=name)


if __name__ == "__main__":
    click.echo(
        "\n".join(f"export {name}={shlex.quote(value)}" for name, value in environment().items())
    )
