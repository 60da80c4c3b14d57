"""`assay ui` as an operator runs it: from a dropped file to a checked mart, on this machine alone."""

from contextlib import suppress
from typing import Any

import psutil
from operator_world import Operator, until


def test_a_dropped_file_reaches_the_mart_and_is_checked(operator: Operator) -> None:
    """Prevents a landing, a refresh and a check that work alone and not together."""
    operator.drop("a.jsonl", "a1", "a2")
    until(lambda: operator.in_the_mart() == 2, "two queries in the mart")
    until(lambda: operator.sql("select count(*) > 0 from ops.check_result")[0][0], "checked")
    assert (operator.home / "inbox" / "landed" / "a.jsonl").exists()
    assert operator.sql("select status, attempt, rows from ops.job_run where job = 'land'") == [
        ("succeeded", 1, 2)
    ]


def test_everything_listens_and_talks_on_this_machine_only(operator: Operator) -> None:
    """Prevents an open port for the neighbours, and reports to anybody outside (acceptance 27)."""
    seen: list[Any] = []
    for one in operator.processes():
        with suppress(psutil.Error):  # a run's worker ends when its run does
            seen += one.net_connections("inet")
    assert any(at.laddr.port == operator.port for at in seen)
    outside = [
        at for at in seen for end in (at.laddr, at.raddr) if end and end.ip not in ("127.0.0.1", "::1")
    ]
    assert outside == []


def test_nobody_can_read_the_password(operator: Operator) -> None:
    """Prevents a password in a log, an artefact, the list of processes, or Dagster's own storage
    (acceptance 27)."""
    password = operator.server.password_file.read_text().strip()
    files = [one for one in operator.home.rglob("*") if one.is_file() and "postgres" not in one.parts]
    assert len(files) > 5
    for one in files:
        with suppress(FileNotFoundError):  # of a run that has ended since
            assert password.encode() not in one.read_bytes(), one
    for process in operator.processes():
        with suppress(psutil.NoSuchProcess):
            assert password not in " ".join(process.cmdline())
    assert _tables_that_hold(operator, password) == []


def _tables_that_hold(operator: Operator, words: str) -> list[str]:
    """Of the warehouse's own books and of Dagster's database."""
    found = []
    for database, schemas in (("assay", ("ops", "landing")), ("assay_dagster", ("public",))):
        for schema, table in operator.sql_of(
            database,
            "select schemaname, tablename from pg_tables where schemaname = any(%s)",
            list(schemas),
        ):
            query = f"select count(*) from {schema}.{table} as one where one::text like %s"
            if operator.sql_of(database, query, f"%{words}%") != [(0,)]:
                found.append(f"{schema}.{table}")
    return found
