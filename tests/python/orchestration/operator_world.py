"""`assay ui` as an operator runs it, over a server of its own that may be killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from orchestration.settings import PROJECT_DIR
from orchestration.ui.home import configuration
from orchestration.warehouse.build import build_models
from orchestration.warehouse.migrations import migrate
from orchestration.warehouse.server import EmbeddedServer

PATIENCE_S = 600  # many times what it takes on a quiet machine


@dataclass
class Operator:
    home: Path
    server: EmbeddedServer
    database_port: int
    port: int
    ui: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.home / "ui.log"

    def start(self) -> None:
        heard = self.log.read_bytes().count(b"Dagster UI:") if self.log.exists() else 0
        command = [sys.executable, "-m", "orchestration.cli", "ui", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.ui = subprocess.Popen(
                command, cwd=PROJECT_DIR, env=self.environment(), stdout=log, stderr=log
            )
        until(lambda: self.log.read_bytes().count(b"Dagster UI:") > heard, "the UI answers")

    def environment(self) -> dict[str, str]:
        given = {name: value for name, value in os.environ.items() if name != "ASSAY_DATABASE_URL"}
        return given | {"ASSAY_HOME": str(self.home), "ASSAY_PORT": str(self.database_port)}

    def stop(self) -> None:
        left = self.processes()
        if self.ui is not None:
            self.ui.send_signal(signal.SIGTERM)
            self.ui.wait(60)
        until(lambda: alive(left) == [], "its processes end with it")

    def sql(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.sql_of("assay", query, *parameters)

    def sql_of(self, database: str, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with closing(psycopg.connect(self.server.url_of(database), autocommit=True)) as session:
            return session.execute(query.encode(), parameters or None).fetchall()

    def graphql(self, query: str, **variables: Any) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)["data"]

    def drop(self, name: str, *event_ids: str) -> None:
        at = {"ts": "2026-03-01T10:00:00Z", "status": "ok", "workspace": "dropped"}
        lines = [json.dumps({"kind": "query", "event_id": one, **at}) for one in event_ids]
        (self.home / "inbox" / name).write_text("\n".join(lines) + "\n")

    def in_the_mart(self) -> int:
        query = "select coalesce(sum(queries), 0) from marts.performance_overview"
        return int(self.sql(f"{query} where workspace = 'dropped'")[0][0])

    def processes(self) -> list[psutil.Process]:
        if self.ui is None or self.ui.poll() is not None:
            return []
        found: list[psutil.Process] = psutil.Process(self.ui.pid).children(recursive=True)
        return found

    def process(self, words: str) -> psutil.Process:
        """The oldest of Dagster's processes whose command holds these words."""
        found = [one for one in self.processes() if words in " ".join(one.cmdline())]
        return min(found, key=lambda one: one.create_time())

    def workers(self) -> list[psutil.Process]:
        """Whoever holds the connection of a job that runs."""
        ports = self.sql(
            "select client_port from pg_stat_activity where application_name = 'assay job'"
        )
        return [
            one
            for one in self.processes()
            if {(at.laddr.port,) for at in one.net_connections("tcp4") if at.laddr} & set(ports)
        ]


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def until(happened: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            if happened():
                return
        except (psycopg.Error, OSError, ValueError, psutil.Error):
            pass
        time.sleep(0.5)
    raise AssertionError(f"it did not happen: {what}")


def _free_port() -> int:
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


@pytest.fixture(scope="module")
def dagster_yaml() -> str:
    return configuration()


@pytest.fixture(scope="module")
def operator(
    tmp_path_factory: pytest.TempPathFactory, read_already: Callable[[Path], None], dagster_yaml: str
) -> Iterator[Operator]:
    home = tmp_path_factory.mktemp("operator")
    home.chmod(0o755)
    (home / "inbox").mkdir()
    read_already(home)
    (home / "dagster").mkdir()
    (home / "dagster" / "dagster.yaml").write_text(dagster_yaml)
    # A port of its own: while this server is down, nobody else may take its place.
    port = _free_port()
    server = EmbeddedServer(home, port)
    one = Operator(home, server, port, _free_port())
    try:
        server.up()
        with psycopg.connect(server.url) as session:
            migrate(session)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ASSAY_HOME", str(home))
            build_models(server.url)
        one.start()
        yield one
    finally:
        try:
            one.stop()
        finally:
            server.down()
