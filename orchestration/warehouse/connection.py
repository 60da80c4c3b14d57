"""Connections to the warehouse: the user's own PostgreSQL, or else the embedded one."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import settings
from orchestration.errors import AssayError
from orchestration.warehouse.server import EmbeddedServer

if TYPE_CHECKING:
    import psycopg

OLDEST_MAJOR = 15
_CONNECT_SECONDS = 10
_SESSION = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    # Who waits for a lock or meets a rival looks again, and has to see what was committed meanwhile.
    "default_transaction_isolation": "read committed",
    # A job's session says nothing for as long as the job takes, and a watch's while nothing lands.
    "idle_session_timeout": "0",
}
_DBT_NAMES = {
    "host": "ASSAY_PG_HOST",
    "port": "ASSAY_PG_PORT",
    "user": "ASSAY_PG_USER",
    "password": "ASSAY_PG_PASSWORD",
    "dbname": "ASSAY_PG_DBNAME",
}


class NoConnectionError(AssayError):
    """The database did not answer; it may the next time."""


def embedded() -> EmbeddedServer:
    chosen = settings.load()
    return EmbeddedServer(chosen.home, chosen.port)


def ensure_up() -> EmbeddedServer:
    server = embedded()
    server.up()
    return server


def database_url() -> str:
    """ASSAY_DATABASE_URL, or the embedded server's, which is started where it is down."""
    return settings.load().database_url or ensure_up().url


def connect(
    *, autocommit: bool = False, application_name: str = "assay", url: str | None = None
) -> "psycopg.Connection":
    """A session in UTC; `url` where it is known already."""
    import psycopg

    url = url or database_url()
    defaults = {"connect_timeout": _CONNECT_SECONDS, **parts(url)}
    try:
        connection = psycopg.connect(
            **{**defaults, "application_name": application_name, "client_encoding": "utf8"},
            # The settings below outlive a rollback only outside a transaction.
            autocommit=True,
        )
        _check_version(connection)
        _check_encoding(connection)
        for name, value in _SESSION.items():
            connection.execute("select set_config(%s, %s, false)", (name, value))
        connection.autocommit = autocommit
    except psycopg.Error as error:
        raise NoConnectionError(
            f"No connection to the database: {_without_password(error, url)}"
        ) from None
    return connection


_NO_URL = (
    "ASSAY_DATABASE_URL is not a PostgreSQL URL. It looks like "
    "postgresql://user:password@host:5432/database (with %40 for @ in a password)."
)


def parts(url: str, no_url: str = _NO_URL) -> dict[str, Any]:
    """What the URL says, by libpq's names; `no_url` is for one that is none."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        return dict(conninfo_to_dict(url))
    except psycopg.Error:
        # libpq's message quotes the URL, password and all.
        raise AssayError(no_url) from None


def dbt_environment(url: str | None = None) -> dict[str, str]:
    """What profiles.example.yml reads, and libpq's own variables for the rest of the URL."""
    from psycopg.pq import Conninfo

    given = parts(url or database_url())
    environment = {"PGTZ": "UTC"}
    for option in Conninfo.get_defaults():
        name = option.keyword.decode()
        value = given.get(name)
        if name in _DBT_NAMES:
            fallback = (option.val or b"").decode()
            environment[_DBT_NAMES[name]] = str(fallback if value is None else value)
        elif value is not None and option.envvar:
            environment[option.envvar.decode()] = str(value)
    if not environment["ASSAY_PG_DBNAME"]:
        environment["ASSAY_PG_DBNAME"] = environment["ASSAY_PG_USER"]
    return environment


def write_dbt_profiles() -> Path:
    """The folder for `dbt --profiles-dir`; the profile in it holds no secret."""
    folder = settings.load().home / "dbt"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(settings.PROJECT_DIR / "profiles.example.yml", folder / "profiles.yml")
    return folder


def _check_version(connection: "psycopg.Connection") -> None:
    version = connection.info.server_version
    if version < OLDEST_MAJOR * 10000:
        connection.close()
        raise AssayError(
            f"The database is PostgreSQL {version // 10000}; Assay needs {OLDEST_MAJOR} or later."
        )


def _check_encoding(connection: "psycopg.Connection") -> None:
    """In another encoding most texts land, and a batch with one that it lacks never would."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding not in ("UTF8", None):  # a pooler in between may not say
        connection.close()
        raise AssayError(
            f"The database is encoded in {encoding}; Assay needs UTF8: create database ..."
            " encoding 'UTF8' template template0."
        )


def _without_password(error: Exception, url: str) -> str:
    message = " ".join(str(error).split())
    password = parts(url).get("password")
    return message.replace(str(password), "***") if password else message
