"""A page of docs/sources/ followed as a new user would: its own blocks, one after the other, in a fresh
copy of the project with an empty home, by one stopwatch."""

import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from operator_world import until

from orchestration.settings import PROJECT_DIR

HEALTH = "http://127.0.0.1:4318/healthz"
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w.]+)`:$")
_FOR_EVER = ".venv/bin/assay receive"
_COMMAND_S = 900
_OURS = (
    "ASSAY_", "PYTHON", "PYTEST", "DBT_", "DAGSTER_", "VIRTUAL_ENV", "MAKE", "MFLAGS", "PIP_CACHE_DIR",
    "HYPOTHESIS_",
)  # fmt: skip
# What a page leaves to its reader.
_PLACEHOLDERS = {"password": "...", "server": "USER@HOST:5432", "database": "DATABASE"}


class UnclearPageError(Exception):
    """A new user would not know what to do, either."""


@dataclass(frozen=True)
class Block:
    """`file` is the name that the line before it gives to what it holds."""

    section: str
    language: str
    text: str
    file: str | None


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for fence in _FENCE.finditer(text):
        before = text[: fence.start()].rstrip()
        section = before.rpartition("\n## ")[2].partition("\n")[0] if "\n## " in before else ""
        named = _FILE.search(before.rpartition("\n")[2])
        found.append(Block(section, fence[1], fence[2], named[1] if named else None))
    return found


def commands(block: str) -> Iterator[str]:
    """A command may go on in the next line within its quotes."""
    waiting = ""
    for line in block.splitlines():
        waiting += line + "\n"
        if waiting.count('"') % 2 == 0:
            if waiting.strip():
                yield waiting
            waiting = ""


@dataclass
class User:
    """Somebody with a shell in `folder`; what is exported holds for the commands behind it."""

    folder: Path
    environment: dict[str, str]
    started: float = 0
    used: float = 0
    exported: str = ""
    receiver: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        print()
        self.started, self.used = time.monotonic(), children_s()
        self.do("make install")

    def follow(self, page: str, *sections: str, **replaced: str) -> None:
        """What stands above the first section is one, too: without a name."""
        blocks = blocks_of(self.folder / "docs" / "sources" / page)
        if gone := {*sections} - {block.section for block in blocks} - {""}:
            raise UnclearPageError(f"{page} has no command under {sorted(gone)}")
        for block in [one for one in blocks if one.section in sections]:
            text = block.text
            for placeholder, value in replaced.items():
                text = text.replace(_PLACEHOLDERS[placeholder], value)
            if block.file:
                (self.folder / block.file).write_text(text, encoding="utf-8")
            elif block.language == "sh":
                for command in commands(text):
                    self.do(command)
            else:
                raise UnclearPageError(f"What is one to do with this {block.language}?\n{block.text}")

    def do(self, command: str) -> None:
        if "..." in command or "USER@HOST" in command:
            raise UnclearPageError(f"Nobody said what to put here: {command}")
        if command.startswith("export "):
            self.exported += command
        elif command.startswith(_FOR_EVER):
            self._start(command)
        else:
            self.told(command)

    def told(self, command: str) -> str:
        """What it says; one that fails ends the trial."""
        began = time.monotonic()
        shell = ["bash", "-ec", self.exported + command]
        done = subprocess.run(
            shell, cwd=self.folder, env=self.environment, capture_output=True, text=True,
            timeout=_COMMAND_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        self.say(command, began)
        return done.stdout

    def _start(self, command: str) -> None:
        """In another terminal."""
        began = time.monotonic()
        assert not is_there(HEALTH), "something listens on the receiver's port already"
        shell = ["bash", "-c", self.exported + "exec " + command]
        self.receiver = subprocess.Popen(
            shell, cwd=self.folder, env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda: is_there(HEALTH), "the receiver answers")
        self.say(command, began)

    def until_told(self, statement: str, expected: str) -> None:
        """Looks again for as long as it is not there; looking is a part of the time."""
        began, said = time.monotonic(), ""
        while said != expected:
            assert time.monotonic() - began < 60, f"{statement}\nsaid {said}\ninstead of {expected}"
            said = self.told(f'.venv/bin/assay sql --csv "{statement}"').splitlines()[-1]

    def say(self, command: str, began: float) -> None:
        """With the seconds of a processor that it had: on a busy machine the others wait for one."""
        first, used = command.strip().partition("\n")[0], children_s()
        took = time.monotonic() - began
        print(f"{took:7.1f} s {used - self.used:7.1f} s of a core  {first[:100]}", flush=True)
        self.used = used

    def seconds(self) -> float:
        return time.monotonic() - self.started

    def leave(self) -> None:
        if self.receiver is not None:
            self.receiver.send_signal(signal.SIGINT)
            self.receiver.wait(60)
        subprocess.run([".venv/bin/assay", "down"], cwd=self.folder, env=self.environment, check=False)


def children_s() -> float:
    told = os.times()
    return told.children_user + told.children_system


def is_there(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - of this machine
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def new_user(folder: Path, **environment: str) -> Iterator[User]:
    """With an application in an environment of its own, and nothing of ours but what git has."""
    home, copy = folder / "home", folder / "assay"
    home.mkdir()
    cloned = ["git", "clone", "--quiet", str(PROJECT_DIR), str(copy)]
    subprocess.run(cloned, check=True)
    ours = str(PROJECT_DIR / ".venv")
    path = [one for one in os.environ["PATH"].split(":") if not one.startswith(ours)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    kept |= {"HOME": str(home), "PATH": ":".join(path), **environment}
    made = ["python3", "-m", "venv", str(folder / "application")]
    subprocess.run(made, env=kept, check=True)
    kept["PATH"] = f"{folder / 'application' / 'bin'}:{kept['PATH']}"
    user = User(copy, kept)
    try:
        yield user
    finally:
        user.leave()
