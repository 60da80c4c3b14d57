"""What waits in the inbox, complete, and a key for it: the same files, the same key."""

import hashlib
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from orchestration.landing import files

# A look must not take a minute. What is not read within this is looked at again.
_READ_FOR_S = 20.0
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Seen:
    """A file as it was at a look; `digest` of its content, or else of this, once it was complete."""

    size: int
    mtime_ns: int
    digest: str | None = None

    @property
    def state(self) -> tuple[int, int]:
        return (self.size, self.mtime_ns)


@dataclass(frozen=True)
class Arrivals:
    """`key` is None while nothing complete waits."""

    key: str | None
    complete: int
    growing: int
    seen: Mapping[str, Seen]


def look(
    folder: Path, settle_s: float, before: Mapping[str, Seen], session: psycopg.Connection
) -> Arrivals:
    """A file is complete when a manifest says so, or when it is what it was at the look before and has
    not changed for `settle_s`: a run leaves those that may grow, and is not asked for them.
    """
    until = time.monotonic() + _READ_FOR_S
    seen: dict[str, Seen] = {}
    unseen: list[str] = []  # also a reason for a run, which says so

    def report(problem: OSError) -> None:
        unseen.append(f"{problem.filename} {problem.strerror}")

    for path in files.find(folder, report) if folder.is_dir() else []:
        with suppress(FileNotFoundError):
            state = files.state_of(path)
            known = before.get(str(path))
            at_rest = known is not None and known.state == tuple(state)
            digest = known.digest if known is not None and at_rest else None
            at_rest = at_rest and not files.may_grow(path, state, settle_s)
            complete = at_rest or files.manifest_of(path).exists()
            if complete and digest is None and time.monotonic() < until:
                digest = _digest(path, until) or f"{state.size} {state.mtime_ns}"
            seen[str(path)] = Seen(*state, digest)
    lines = session.execute("select max(inbox_id) from landing.inbox").fetchone()
    waiting = [f"{path} {one.mtime_ns} {one.digest}" for path, one in seen.items() if one.digest]
    waiting += unseen
    if lines is not None and lines[0] is not None:
        waiting.append(f"landing.inbox {lines[0]}")
    key = hashlib.blake2b("\n".join(waiting).encode(), digest_size=12).hexdigest() if waiting else None
    complete_files = sum(one.digest is not None for one in seen.values())
    return Arrivals(key, complete_files, len(seen) - complete_files, seen)


def is_landing(session: psycopg.Connection) -> bool:
    """What is queued does not count: nobody may be on the way to it."""
    row = session.execute(
        "select exists (select from ops.job_run where job = 'land' and status = 'running')"
    ).fetchone()
    return bool(row and row[0])


def _digest(path: Path, until: float) -> str | None:
    """None where the content cannot be read, or not in time: whoever lands the file says so of it."""
    found = hashlib.blake2b(digest_size=16)
    try:
        with path.open("rb") as content:
            while part := content.read(_CHUNK):
                if time.monotonic() >= until:
                    return None
                found.update(part)
    except FileNotFoundError:
        raise
    except OSError:
        return None
    return found.hexdigest()
