"""Dagster's processes end with the process that started them, and with nobody else."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from orchestration.settings import PROJECT_DIR
from orchestration.ui.supervisor import Supervisor

# A child that has a child of its own, as the code server has runs; both write down who they are.
_SUPERVISED = """
import sys, threading
from pathlib import Path
from orchestration.ui.supervisor import Child, Supervisor

home = Path(sys.argv[1])
shell = 'sleep 600 & echo $! > "$0"; echo $$ >> "$0"; wait'

class Stubs(Supervisor):
    def commands(self):
        names = ("code", "daemon")
        return [Child(name, ["sh", "-c", shell, str(home / name), "--socket", str(home / "socket")])
                for name in names]

stubs = Stubs({}, home, 0, lambda news: None)
stubs.start()
(home / "guard").write_text(str(stubs.guard.process.pid))
stop = threading.Event()
stubs.run(stop, lambda: (home / "guard").write_text(str(stubs.guard.process.pid)))
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", _SUPERVISED, str(tmp_path)]
    process = subprocess.Popen(command, cwd=PROJECT_DIR)
    _until(lambda: len(_children(tmp_path)) == 4, "two children and theirs")
    _until(lambda: len(_numbers(tmp_path / "guard")) == 1, "the number of the guard")
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for one in _children(tmp_path):
            if one.is_running():
                one.kill()


def _numbers(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def _children(home: Path) -> list[psutil.Process]:
    return [psutil.Process(one) for name in ("code", "daemon") for one in _numbers(home / name)]


def _alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def _until(happened: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if happened():
                return
        except psutil.Error:
            pass
        time.sleep(0.05)
    raise AssertionError(f"it did not happen: {what}")


def test_what_never_started_can_be_stopped(tmp_path: Path) -> None:
    """Prevents the reason why it did not start from being hidden behind another error."""
    Supervisor({}, tmp_path, 0, pytest.fail).stop()


def test_dagster_is_asked_past_every_proxy(tmp_path: Path) -> None:
    """Prevents `assay ui` from waiting for ever where the environment names a proxy."""
    (tmp_path / "server_info").touch()
    ask = "import sys; from orchestration.ui.commands import _answers; print(_answers(sys.argv[1]))"
    nobody = {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path)
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        asked = [sys.executable, "-c", ask, f"http://127.0.0.1:{server.server_port}"]
        said = subprocess.run(asked, cwd=PROJECT_DIR, env=os.environ | nobody, stdout=subprocess.PIPE)
        server.shutdown()
    assert said.stdout == b"True\n"


def test_a_killed_supervisor_leaves_nothing_running(
    supervisor: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """Prevents a daemon and runs that go on, unseen, after kill -9 of `assay ui`."""
    children = _children(tmp_path)
    supervisor.kill()
    supervisor.wait()
    _until(lambda: _alive(children) == [], "all of them end")


def test_a_killed_guard_is_replaced(supervisor: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Prevents a guard that was killed first from being missed when it is needed."""
    children = _children(tmp_path)
    (first,) = _numbers(tmp_path / "guard")
    os.kill(first, signal.SIGKILL)
    _until(lambda: _numbers(tmp_path / "guard") not in ([], [first]), "another guard")
    assert len(_alive(children)) == 4
    supervisor.kill()
    supervisor.wait()
    _until(lambda: _alive(children) == [], "all of them end")


def test_what_a_killed_child_left_behind_ends_before_it_is_started_again(
    supervisor: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """Prevents the runs of a killed code server from working beside those of the next."""
    assert supervisor.poll() is None
    left, killed = _numbers(tmp_path / "code")
    os.kill(killed, signal.SIGKILL)
    _until(lambda: _numbers(tmp_path / "code") not in ([], [left], [left, killed]), "started again")
    _until(lambda: not psutil.pid_exists(left) or not _alive([psutil.Process(left)]), "its child ends")
