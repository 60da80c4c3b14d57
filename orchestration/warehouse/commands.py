"""`assay up`, `down`, `status` and `sql`."""

import json
import shlex
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from orchestration import settings
from orchestration.errors import AssayError

if TYPE_CHECKING:
    import psycopg

    from orchestration.warehouse.server import EmbeddedServer

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@_JSON
def up(as_json: bool) -> None:
    """Start the embedded PostgreSQL and bring its tables up to date.

    With ASSAY_DATABASE_URL set, only the tables of that database.
    """
    from orchestration.warehouse import connection
    from orchestration.warehouse.migrations import migrate

    own = settings.load().database_url is not None
    server = None if own else connection.embedded()
    started = server.up().started if server else False
    with connection.connect(url=server.url if server else None) as session:
        applied = migrate(session)
        facts = _where(session, server)
    facts |= {"started": started, "migrations_applied": applied}
    click.echo(json.dumps(facts) if as_json else "\n".join(_up_lines(facts)))


@click.command()
@_JSON
def down(as_json: bool) -> None:
    """Stop the embedded PostgreSQL; sessions that are open end."""
    from orchestration.warehouse.connection import embedded

    stopped = embedded().down()
    if as_json:
        click.echo(json.dumps({"stopped": stopped}))
    else:
        click.echo("PostgreSQL is stopped." if stopped else "PostgreSQL was not running.")


@click.command()
@_JSON
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """What runs, where, and what has landed; status 1 when it cannot be reached."""
    try:
        facts = status_facts()
    except AssayError as error:
        facts = {"reachable": False, "reason": str(error)}
    if as_json:
        click.echo(json.dumps(facts))
    elif facts["reachable"]:
        click.echo("\n".join(_status_lines(facts)))
    else:
        click.echo(facts["reason"])
    context.exit(0 if facts["reachable"] else 1)


@click.command()
@click.argument("statement")
@click.option("--write", is_flag=True, help="Let the statement change data.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV; null is an empty cell.")
@_JSON
def sql(statement: str, write: bool, as_csv: bool, as_json: bool) -> None:
    """Run one SQL STATEMENT (- reads it from standard input) and print its rows.

    It runs in a read-only transaction unless --write is given. Times are in UTC.
    """
    from orchestration.warehouse import query, rendering

    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other.")
    text = sys.stdin.read() if statement == "-" else statement
    with query.answer(text, write=write) as answer:
        if answer.columns is None:
            click.echo(answer.message, err=True)
        elif as_csv:
            rendering.write_csv(answer, sys.stdout)
        elif as_json:
            rendering.write_json(answer, sys.stdout)
        else:
            rendering.print_table(answer.columns or [], answer.rows)


def _where(session: "psycopg.Connection", server: "EmbeddedServer | None") -> dict[str, Any]:
    info = session.info
    version = info.parameter_status("server_version") or ""
    facts: dict[str, Any] = {
        "embedded": server is not None,
        "version": version.partition(" ")[0],
        "host": info.host,
        "port": info.port,
        "user": info.user,
        "database": info.dbname,
    }
    if server:
        facts |= {
            "password_file": str(server.password_file),
            "data": str(server.data),
            "log": str(server.log_file),
        }
    return facts


def _up_lines(facts: dict[str, Any]) -> list[str]:
    lines = [_listens(facts)]
    lines += [f"Applied migration {label}." for label in facts["migrations_applied"]]
    return lines + how_to_connect(facts)


def how_to_connect(facts: dict[str, Any]) -> list[str]:
    """For whoever has psql or a BI tool; `facts` as `status_facts` tells them."""
    if not facts["embedded"]:
        return []  # whoever set ASSAY_DATABASE_URL knows
    return [f"The password is in {facts['password_file']}; connect with", f"  {_psql(facts)}"]


def _listens(facts: dict[str, Any]) -> str:
    place = f"{facts['host']}:{facts['port']}, database {facts['database']}, user {facts['user']}"
    return f"PostgreSQL {facts['version']} listens on {place}."


def _psql(facts: dict[str, Any]) -> str:
    from orchestration.warehouse import binaries

    psql = shutil.which("psql") and "psql"
    program = psql or shlex.quote(str(binaries.program(int(facts["version"].split(".")[0]), "psql")))
    password = f'PGPASSWORD="$(cat {shlex.quote(facts["password_file"])})"'
    place = f"-h {facts['host']} -p {facts['port']} -U {facts['user']} {facts['database']}"
    return f"{password} {program} {place}"


def status_facts() -> dict[str, Any]:
    """What `assay status --json` prints of a warehouse that can be reached."""
    from orchestration.warehouse import connection

    own = settings.load().database_url
    server = None if own else connection.embedded()
    if server and not server.status().running:
        raise AssayError("PostgreSQL is not running: `assay up` starts it.")
    with connection.connect(url=own or (server.url if server else None)) as session:
        facts = {"reachable": True, **_where(session, server)}
        facts |= {"size_bytes": _value(session, "select pg_database_size(current_database())")}
        facts |= _migration_facts(session)
        if _value(session, "select to_regclass('landing.batch') is not null"):
            facts["batches"] = _value(session, "select count(*) from landing.batch")
    return facts


def _migration_facts(session: "psycopg.Connection") -> dict[str, Any]:
    from orchestration.warehouse import migrations

    known = migrations.applied(session)
    pending = [m.label for m in migrations.available() if m.version not in known]
    newest = max(known, default=None)
    return {
        "migrations": len(known),
        "newest_migration": None if newest is None else f"{newest:04d}_{known[newest][0]}",
        "migrations_pending": pending,
    }


def _value(session: "psycopg.Connection", query: str) -> Any:
    row = session.execute(query.encode()).fetchone()
    return row[0] if row else None


def _status_lines(facts: dict[str, Any]) -> list[str]:
    lines = [_listens(facts), f"Data: {facts['size_bytes'] / 1_000_000:,.1f} MB"]
    if facts["embedded"]:
        lines[1] += f" in {facts['data']}"
    applied = f"Migrations: {facts['migrations']}"
    if facts["newest_migration"]:
        applied += f", newest {facts['newest_migration']}"
    lines.append(applied)
    if facts["migrations_pending"]:
        lines.append(f"Not applied yet ({', '.join(facts['migrations_pending'])}): `assay up` does.")
    if "batches" in facts:
        lines.append(f"Batches landed: {facts['batches']:,}")
    return lines + how_to_connect(facts)
