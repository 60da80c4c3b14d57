"""Dagster's processes, each started again when it ends: the code server, the daemon, the webserver.

`dagster dev` gives up when one of them ends. Runs are children of the code server, so a daemon that is
killed takes none of them with it. When we are killed ourselves, the guard ends them all.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.errors import AssayError
from orchestration.ui.guard import Guard

HOST = "127.0.0.1"
# Cursors and switches belong to this name and this socket, so both stay the same from start to start.
_WORKSPACE = """\
load_from:
  - grpc_server: {{location_name: assay, socket: {socket}}}
"""
_LOOK_EVERY_S = 1.0
_STOP_S = 15.0
# One that ends at once, again and again, must not take the machine.
_PAUSES_S = (0.0, 2.0, 5.0, 15.0)
_STABLE_S = 60.0


@dataclass
class Child:
    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_ends: int = 0

    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None


@dataclass
class Supervisor:
    """`say` hears of every end that nobody asked for."""

    environment: Mapping[str, str]
    home: Path
    port: int
    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    guard: Guard | None = None

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def start(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        self._new_guard()
        self.children = self.commands()
        for child in self.children:
            self._launch(child)

    def commands(self) -> list[Child]:
        socket = _private_folder(self.home) / "code"
        socket.unlink(missing_ok=True)
        workspace = self.home / "workspace.yaml"
        workspace.write_text(_WORKSPACE.format(socket=json.dumps(str(socket))))
        python = [sys.executable, "-m"]
        loaded = ["-w", str(workspace)]
        listens = ["-h", HOST, "-p", str(self.port)]
        return [
            Child("code", [*python, "dagster", "code-server", "start", "--socket", str(socket),
                           "-m", "orchestration.definitions"]),
            Child("daemon", [*python, "dagster._daemon", "run", *loaded]),
            Child("webserver", [*python, "orchestration.ui.webserver", *listens, *loaded]),
        ]  # fmt: skip

    def run(self, stop: threading.Event, look: Callable[[], None] = lambda: None) -> None:
        """`look` is called about once a second."""
        while not stop.wait(_LOOK_EVERY_S):
            if self.guard is None or not self.guard.lives():
                self._new_guard()
            for child in self.children:
                if child.ended():
                    self._again(child, stop)
            look()

    def stop(self) -> None:
        """Runs are killed, not cancelled: what is killed is done again, what is cancelled never."""
        others = self.children[1:]  # the first serves the code that they load
        for child in others:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_S
        for child in others:
            if child.process is not None:
                with suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.1, deadline - time.monotonic()))
        for child in self.children:
            _signal(child, signal.SIGKILL)  # also what it left behind
        if self.guard is not None:
            self.guard.end()

    def _again(self, child: Child, stop: threading.Event) -> None:
        lived = time.monotonic() - child.started
        child.quick_ends = 0 if lived > _STABLE_S else child.quick_ends + 1
        pause = _PAUSES_S[min(child.quick_ends, len(_PAUSES_S) - 1)]
        self.say(f"Dagster's {child.name} ended and is started again ({self._log(child)} says why).")
        _signal(child, signal.SIGKILL)
        if child.process is not None and self.guard is not None:
            self.guard.forget(child.process.pid)
        if child.name == "code":
            Path(child.command[child.command.index("--socket") + 1]).unlink(missing_ok=True)
        if not stop.wait(pause):
            self._launch(child)

    def _launch(self, child: Child) -> None:
        with self._log(child).open("ab") as log:
            child.process = subprocess.Popen(
                child.command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for us; we stop them in order.
                start_new_session=True,
            )
        child.started = time.monotonic()
        if self.guard is not None:
            self.guard.watch(child.process.pid)

    def _new_guard(self) -> None:
        self.guard = Guard()
        for child in self.children:
            if child.process is not None:
                self.guard.watch(child.process.pid)

    def _log(self, child: Child) -> Path:
        return self.logs / f"{child.name}.log"


def _signal(child: Child, number: signal.Signals) -> None:
    """To its whole group: a killed code server leaves its own children behind."""
    if child.process is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, number)


def _private_folder(home: Path) -> Path:
    """A socket's path must be short, and whoever reaches the code server can run code: only we may."""
    name = f"assay-{os.geteuid()}-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if (
        found.st_uid != os.geteuid()
        or found.st_mode & 0o077
        or not folder.is_dir()
        or folder.is_symlink()
    ):
        raise AssayError(f"{folder} is not ours alone: remove it.")
    return folder
