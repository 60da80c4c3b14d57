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
_STORAGE = f"""
# This file was written once; from here on it is yours.
storage:
  custom:
    module: orchestration.ui.storage
    class: PooledStorage
    config: {{postgres_url: {{env: {STORAGE_VARIABLE}}}}}
"""


def configuration() -> str:
    return (settings.PROJECT_DIR / "dagster.yaml").read_text() + _STORAGE


def prepare_home() -> Path:
    """The folder for DAGSTER_HOME; a configuration that stands there already is the user's."""
    home = settings.load().home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    file = home / "dagster.yaml"
    if not file.exists():
        file.write_text(configuration())
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
