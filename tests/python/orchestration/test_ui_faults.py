"""`assay ui` as an operator runs it, and what happens when its processes or its database are killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from orchestration.jobs import ledger
from orchestration.jobs.periods import period_of
from orchestration.settings import PROJECT_DIR
from orchestration.warehouse.build import build_models
from orchestration.warehouse.migrations import migrate
from orchestration.warehouse.server import EmbeddedServer

PATIENCE_S = 400  # several times what it takes on a quiet machine


@dataclass(frozen=True)
class Operator:
    home: Path
    server: EmbeddedServer
    ui: subprocess.Popen[bytes]
    port: int

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with closing(psycopg.connect(self.server.url, autocommit=True)) as session:
            return session.execute(query.encode()).fetchall()

    def drop(self, name: str, *event_ids: str) -> None:
        at = {"ts": "2026-03-01T10:00:00Z", "status": "ok", "workspace": "dropped"}
        lines = [json.dumps({"kind": "query", "event_id": one, **at}) for one in event_ids]
        (self.home / "inbox" / name).write_text("\n".join(lines) + "\n")

    def in_the_mart(self) -> int:
        query = "select coalesce(sum(queries), 0) from marts.performance_overview"
        return int(self.sql(f"{query} where workspace = 'dropped'")[0][0])

    def process(self, words: str) -> psutil.Process:
        """The newest of Dagster's processes whose command holds these words."""
        found = [one for one in self.processes() if words in " ".join(one.cmdline())]
        return max(found, key=lambda one: one.create_time())

    def processes(self) -> list[psutil.Process]:
        found: list[psutil.Process] = psutil.Process(self.ui.pid).children(recursive=True)
        return found

    def worker(self) -> psutil.Process:
        """Whoever holds the connection of the job that runs."""
        ((port,),) = self.sql(
            "select client_port from pg_stat_activity where application_name = 'assay job' limit 1"
        )
        (worker,) = [
            one
            for one in self.processes()
            if any(at.laddr and at.laddr.port == port for at in one.net_connections("tcp4"))
        ]
        return worker


def until(happened: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            if happened():
                return
        except (psycopg.Error, ValueError, psutil.Error):
            pass
        time.sleep(1)
    raise AssertionError(f"it did not happen: {what}")


def _free_port() -> int:
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


@pytest.fixture(scope="module")
def operator(
    tmp_path_factory: pytest.TempPathFactory, read_already: Callable[[Path], None]
) -> Iterator[Operator]:
    home = tmp_path_factory.mktemp("operator")
    home.chmod(0o755)
    read_already(home)
    (home / "inbox").mkdir()
    # A port of its own: while this server is down, nobody else may take its place.
    database_port, ui_port = _free_port(), _free_port()
    server = EmbeddedServer(home, database_port)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(home))
        patch.setenv("ASSAY_PORT", str(database_port))
        patch.delenv("ASSAY_DATABASE_URL", raising=False)
        server.up()
        with psycopg.connect(server.url) as session:
            migrate(session)
        build_models(server.url)
        command = [sys.executable, "-m", "orchestration.cli", "ui", "--port", str(ui_port)]
        with (home / "ui.log").open("wb") as log:
            ui = subprocess.Popen(command, cwd=PROJECT_DIR, stdout=log, stderr=log)
        try:
            until(lambda: b"Dagster UI:" in (home / "ui.log").read_bytes(), "the UI answers")
            yield Operator(home, server, ui, ui_port)
        finally:
            left = [*psutil.Process(ui.pid).children(recursive=True)]
            ui.send_signal(signal.SIGTERM)
            ui.wait(60)
            server.down()
    assert [one for one in left if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []


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
    seen = [at for one in operator.processes() for at in one.net_connections("inet")]
    assert any(at.laddr.port == operator.port for at in seen)
    outside = [
        at for at in seen for end in (at.laddr, at.raddr) if end and end.ip not in ("127.0.0.1", "::1")
    ]
    assert outside == []


def test_no_file_of_dagster_holds_the_password(operator: Operator) -> None:
    """Prevents a password in a log or an artefact (acceptance 27)."""
    password = operator.server.password_file.read_bytes().strip()
    files = [one for one in operator.home.rglob("*") if one.is_file() and "postgres" not in one.parts]
    assert len(files) > 5
    assert [one for one in files if password in one.read_bytes()] == []


@pytest.mark.long
def test_a_killed_daemon_is_started_again_and_lands_what_came_meanwhile(operator: Operator) -> None:
    """Prevents an inbox that nobody looks at after the daemon was killed."""
    before = operator.in_the_mart()
    os.kill(operator.process("dagster._daemon").pid, signal.SIGKILL)
    operator.drop("b.jsonl", "b1")
    until(lambda: operator.in_the_mart() == before + 1, "landed by the next daemon")
    assert b"daemon ended and is started again" in (operator.home / "ui.log").read_bytes()


def _hold_the_refresh(operator: Operator) -> psycopg.Connection:
    holder = psycopg.connect(operator.server.url)
    holder.execute("select ops.lock_refresh()")
    return holder


def _attempts(operator: Operator, key: str) -> list[str]:
    query = f"select status from ops.job_run where job = 'prove' and key = '{key}' order by attempt"
    return [status for (status,) in operator.sql(query)]


def _start_and_hold(operator: Operator, week: str) -> psycopg.Connection:
    """The job `prove` of a week, queued as a replay is; it waits for a lock that we hold."""
    holder = psycopg.connect(operator.server.url)
    holder.execute("select ops.lock_refresh()")
    with psycopg.connect(operator.server.url, autocommit=True) as session:
        ledger.queue(session, "prove", week, period_of("weekly", week))
        session.execute(
            "update ops.job_run set due_at = now() - interval '5 minutes' where job = 'prove'"
        )
    until(lambda: _attempts(operator, week) == ["running"], "it runs")
    return holder


@pytest.mark.long
def test_a_killed_run_worker_is_replaced(operator: Operator) -> None:
    """Prevents a run that stands as running for ever after kill -9, with its key blocked."""
    with _start_and_hold(operator, "2026-02-23"):
        os.kill(operator.worker().pid, signal.SIGKILL)
        until(lambda: "lost" in _attempts(operator, "2026-02-23"), "noticed")
    until(lambda: _attempts(operator, "2026-02-23")[-1] == "succeeded", "done by another")
    assert _attempts(operator, "2026-02-23") == ["lost", "succeeded"]


@pytest.mark.long
def test_a_killed_database_is_said_and_everything_goes_on_when_it_is_back(operator: Operator) -> None:
    """Prevents a UI that has to be restarted, and work that is lost, when the server crashed."""
    before = operator.in_the_mart()
    _start_and_hold(operator, "2026-03-02")
    postmaster = operator.server.status().pid
    assert postmaster is not None
    os.kill(postmaster, signal.SIGKILL)
    operator.drop("c.jsonl", "c1")
    log = operator.home / "ui.log"
    until(lambda: b"Everything waits until it is back" in log.read_bytes(), "said")
    operator.server.up()
    until(lambda: b"The database is back" in log.read_bytes(), "back")
    until(lambda: operator.in_the_mart() == before + 1, "the file that came meanwhile")
    until(lambda: _attempts(operator, "2026-03-02")[-1:] == ["succeeded"], "done")
    assert operator.ui.poll() is None
