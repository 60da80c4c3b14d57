"""Which processes belong to a data folder, told by their command lines.

A process id alone proves nothing: after a crash the number may belong to another program. Working
folders would tell as well, but root in a container may not look at another user's.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_POLL_SECONDS = 0.02


def is_running(pid: int) -> bool:
    """A zombie does not run; nobody may ever collect it where process 1 is no init."""
    if _PROC.joinpath("self/stat").exists():
        try:
            # The name in parentheses may itself hold spaces and parentheses.
            state = _PROC.joinpath(str(pid), "stat").read_text().rpartition(") ")[2][:1]
        except OSError:
            return False
        return state not in "ZX"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_postmaster(pid: int, data: Path) -> bool:
    return is_running(pid) and _names_data(_command_line(pid), data)


def of_cluster(data: Path, cluster_name: str) -> list[int]:
    """The postmaster and its children, which call themselves `postgres: <cluster name>: ...`."""
    return [
        pid
        for pid, command in _all_commands()
        if (command[0].startswith(f"postgres: {cluster_name}: ") or _names_data(command, data))
        and pid != os.getpid()
        and is_running(pid)
    ]


def end(pids: Iterable[int], *, patience: float = 10.0) -> bool:
    """Backends without a postmaster share memory nobody guards: they quit without cleaning up."""
    remaining = list(pids)
    for number in (signal.SIGQUIT, signal.SIGKILL):
        for pid in remaining:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if wait_until(lambda: not any(map(is_running, remaining)), patience):
            return True
    return False


def wait_until(happened: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _names_data(command: list[str], data: Path) -> bool:
    if Path(command[0]).name != "postgres":
        return False
    # Where only `ps` can tell, the arguments come as one string.
    return str(data) in command[1:] or f" -D {data}" in command[-1]


def _command_line(pid: int) -> list[str]:
    try:
        raw = _PROC.joinpath(str(pid), "cmdline").read_bytes()
    except OSError:
        return next((command for other, command in _ps() if other == pid), [""])
    return _split(raw)


def _split(raw: bytes) -> list[str]:
    # A process that retitled itself fills the rest of its arguments with zeros.
    return raw.decode(errors="replace").rstrip("\0").split("\0")


def _all_commands() -> Iterable[tuple[int, list[str]]]:
    if not _PROC.joinpath("self/cmdline").exists():
        yield from _ps()
        return
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                yield int(folder.name), _split(folder.joinpath("cmdline").read_bytes())


def _ps() -> Iterable[tuple[int, list[str]]]:
    if _PROC.joinpath("self/cmdline").exists():
        return
    listing = subprocess.run(
        ["ps", "-axo", "pid=,command="],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    for line in listing.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        program, _, arguments = command.partition(" -D ")
        yield int(pid), [program, f" -D {arguments}"] if arguments else [command]
