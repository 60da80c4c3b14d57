"""Versioned changes of the tables that dbt does not own; forward only."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import AssayError

if TYPE_CHECKING:
    import psycopg

FOLDER = Path(__file__).parent / "migrations"
_FILE_NAME = re.compile(r"(?P<version>\d{4})_(?P<name>[a-z0-9_]+)\.sql")
_LOCK = 0x41535341594D4947  # "ASSAYMIG"
_LEDGER = b"""
create schema if not exists ops;
create table if not exists ops.migration (
    version int primary key,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default now()
);
comment on table ops.migration is 'The files of orchestration/warehouse/migrations that ran here.';
"""


@dataclass(frozen=True)
class Migration:
    version: int
    name: str
    sql: bytes

    @property
    def sha256(self) -> str:
        # git may check a file out with other line ends.
        return sha256(self.sql.replace(b"\r\n", b"\n")).hexdigest()

    @property
    def label(self) -> str:
        return f"{self.version:04d}_{self.name}"


def available(folder: Path = FOLDER) -> list[Migration]:
    """All of them, numbered from 1 without a gap."""
    found = []
    for file in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.fullmatch(file.name)
        if match is None:
            raise AssayError(f"{file.name} is no name for a migration: 0002_what_it_does.sql is.")
        found.append(Migration(int(match["version"]), match["name"], file.read_bytes()))
    for expected, migration in enumerate(found, start=1):
        if migration.version != expected:
            raise AssayError(
                f"Migration {migration.label} stands where number {expected:04d} should: "
                "migrations count up by one."
            )
    return found


def migrate(connection: "psycopg.Connection", folder: Path = FOLDER) -> list[str]:
    """Apply what is missing, and say what was applied. The connection must be idle."""
    from psycopg.pq import TransactionStatus

    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise ValueError("migrate() commits, so it needs a connection without a transaction")
    migrations = available(folder)
    applied = []
    _step(connection, migrations, None)
    for migration in migrations:
        if _step(connection, migrations, migration):
            applied.append(migration.label)
    return applied


def applied(connection: "psycopg.Connection") -> dict[int, tuple[str, str]]:
    """version -> name, sha256; empty where no migration ever ran."""
    exists = connection.execute("select to_regclass('ops.migration') is not null").fetchone()
    if exists is None or not exists[0]:
        return {}
    rows = connection.execute("select version, name, sha256 from ops.migration order by version")
    return {version: (name, digest) for version, name, digest in rows}


def check(known: dict[int, tuple[str, str]], migrations: list[Migration]) -> None:
    """The database must be a state that this checkout's files lead to."""
    newest = max(known, default=0)
    if newest > len(migrations):
        raise AssayError(
            f"The database has migration {newest:04d}_{known[newest][0]}, which this checkout "
            "does not know: update the checkout, the database is newer."
        )
    for migration in migrations[:newest]:
        if known.get(migration.version, ("", ""))[1] != migration.sha256:
            raise AssayError(
                f"Migration {migration.label} was changed after it ran in this database: restore "
                "the file, and write the change as a new migration."
            )


def _step(
    connection: "psycopg.Connection", migrations: list[Migration], migration: Migration | None
) -> bool:
    """One transaction: the migration (or just the ledger) and its row."""
    import psycopg

    try:
        with connection.transaction():
            # In a statement of its own: what follows must see what the lock's last holder did.
            connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
            if migration is None and not applied(connection):
                connection.execute(_LEDGER)
            known = applied(connection)
            check(known, migrations)
            if migration is None or migration.version in known:
                return False
            connection.execute(migration.sql)
            connection.execute(
                "insert into ops.migration (version, name, sha256) values (%s, %s, %s)",
                (migration.version, migration.name, migration.sha256),
            )
    except psycopg.Error as error:
        what = migration.label if migration else "The table ops.migration"
        raise AssayError(
            f"{what} could not be applied, nothing of it remains: {_reason(error, migration)}."
        ) from error
    return True


def _reason(error: "psycopg.Error", migration: Migration | None) -> str:
    reason = error.diag.message_primary or " ".join(str(error).split())
    if migration is None or not error.diag.statement_position:
        return reason
    before = migration.sql.decode()[: int(error.diag.statement_position)]
    return f"{reason}, in line {before.count(chr(10)) + 1}"
