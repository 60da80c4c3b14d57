"""Which files there are to land, and whether a file is complete: by a manifest beside it that states
its size (`NAME.manifest`: {"bytes": 123}), else by having been at rest for a while.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from orchestration import crash, settings
from orchestration.errors import AssayError
from orchestration.landing.reader import is_known

SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")
# So are many files named: these are taken from a folder if a source knows them for its own.
FOREIGN = (".json", ".json.gz", ".pb", ".pb.gz")
LANDED = "landed"
# At the root of a mounted disk, for its administrator alone: nobody delivers there.
_OF_THE_DISK = "lost+found"


class State(NamedTuple):
    size: int
    mtime_ns: int


class NotTakenError(AssayError):
    """Something is the matter with this file; others can land."""


class GrowingError(NotTakenError):
    """The file is not complete: its end, or what came to it since, was not taken."""


def _raise(problem: OSError) -> None:
    raise problem


def find(path: Path, report: Callable[[OSError], None] = _raise) -> list[Path]:
    """The file itself, or the log files of a folder in the order of their names; `report` hears of what
    could not be looked at, but for what is not there any more.
    """

    def failed(problem: OSError) -> None:
        if not isinstance(problem, FileNotFoundError):
            report(problem)

    if path.is_dir():
        return sorted(_logs_under(path, failed))
    if not path.exists():
        raise AssayError(f"There is no file or folder {path}.")
    return [path]


def _logs_under(root: Path, report: Callable[[OSError], None]) -> Iterator[Path]:
    for file in _files_under(root, report):
        try:
            if _is_log(file):
                yield file
        except OSError as problem:
            report(problem)


def _is_log(file: Path) -> bool:
    if file.name.endswith(SUFFIXES):
        return file.is_file()
    return file.name.endswith(FOREIGN) and file.is_file() and is_known(file)


def _files_under(root: Path, report: Callable[[OSError], None]) -> Iterator[Path]:
    """But for hidden ones, and those that have landed: there may be any number of them. A link may lead
    to a folder again: each is looked through once."""
    been: set[str] = set()
    for folder, inner, names in os.walk(root, onerror=report, followlinks=True):
        inner[:] = sorted(
            name for name in inner if name not in (LANDED, _OF_THE_DISK) and not name.startswith(".")
        )
        real = os.path.realpath(folder)
        if real in been:
            inner.clear()
            continue
        been.add(real)
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def manifest_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.manifest")


def wait_until_complete(path: Path, settle_s: float) -> State:
    """Give a file that was just written the time to come to rest; refuse one that still grows."""
    state = state_of(path)
    if manifest_of(path).exists():
        promised = _promised_size(path)
        if state.size != promised:
            raise GrowingError(
                f"{path} has {state.size} bytes, its manifest promises {promised}: not taken."
            )
    # A clock that was set back leaves times in the future; then only waiting can tell.
    elif not 0 <= settle_s <= _age_s(state):
        time.sleep(settle_s)
        require_unchanged(path, state)
    return state


def may_grow(path: Path, state: State, settle_s: float) -> bool:
    """It changed less than `settle_s` ago, and no manifest says that it is done. One of the future is
    let through: only waiting can tell (see above).
    """
    return 0 <= _age_s(state) < settle_s and not manifest_of(path).exists()


def _age_s(state: State) -> float:
    return time.time() - state.mtime_ns / 1e9


def settle_s() -> float:
    """How long a file must rest before it is taken for complete."""
    return settings.number("ASSAY_SETTLE_SECONDS", 1.0)


def require_unchanged(path: Path, state: State) -> None:
    if state_of(path) != state:
        raise growing(path)


def state_of(path: Path) -> State:
    stat = path.stat()
    return State(stat.st_size, stat.st_mtime_ns)


def set_aside(path: Path, state: State) -> bool:
    """Move a landed file out of the way, with its manifest; another lander may have been faster.

    `state` is what it had when it landed: whatever else stands there by now stays, to be landed, and
    the answer is False.
    """
    folder = path.parent / LANDED
    folder.mkdir(exist_ok=True)
    target = _free(folder / path.name)
    with suppress(FileNotFoundError):
        if state_of(path) != state:
            return False
        _move(path, target)
        # A producer may have renamed its next file into place just before.
        if state_of(target) != state:
            _move(target, _free(path))
            return False
    return True


def _move(path: Path, target: Path) -> None:
    # The manifest first: left behind alone, it would be taken for that of the next file of the name.
    with suppress(FileNotFoundError):
        manifest_of(path).rename(manifest_of(target))
    crash.point("files.manifest_aside")
    path.rename(target)


def _free(path: Path) -> Path:
    """The path, or one beside it that no file has."""
    free, number = path, 1
    while free.exists():
        number += 1
        free = path.with_name(f"{number}-{path.name}")
    return free


def _promised_size(path: Path) -> int:
    manifest = manifest_of(path)
    try:
        return int(json.loads(manifest.read_text())["bytes"])
    except (ValueError, KeyError, TypeError, OverflowError):
        raise NotTakenError(
            f'{manifest} must say {{"bytes": <size of {path.name}>}}. Correct or remove it.'
        ) from None


def growing(path: Path) -> GrowingError:
    return GrowingError(
        f"{path} is still growing and was not taken to its end. Land it again when its writer is"
        " done, or let the writer rename it into place."
    )
