"""Under which user PostgreSQL runs: it refuses root, so root starts it as somebody else."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.errors import AssayError
from orchestration.warehouse import binaries

_UNPRIVILEGED_USERS = ("nobody", "postgres", "daemon")
# The weaker one first; Docker's default set holds only the second.
_CAPABILITIES = ("dac_read_search", "dac_override")


@dataclass(frozen=True)
class RunAs:
    """How to start PostgreSQL's programs; `uid` None means as whoever we are."""

    uid: int | None = None
    gid: int | None = None
    capability: str | None = None

    def run(self, command: Sequence[str | Path], **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._prefix(), *command],
            # Our working folder may be closed to the server's user.
            cwd="/",
            env=_environment(),
            text=True,
            check=False,
            **self._identity(),
            **options,
        )

    def own(self, path: Path) -> None:
        if self.uid is None or self.gid is None:
            return
        try:
            os.chown(path, self.uid, self.gid)
        except OSError as error:
            raise AssayError(_cannot_switch()) from error

    def _identity(self) -> dict[str, Any]:
        if self.uid is None or self.capability:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def _prefix(self) -> list[str]:
        if self.capability is None:
            return []
        return [
            "setpriv",
            f"--reuid={self.uid}",
            f"--regid={self.gid}",
            "--clear-groups",
            f"--inh-caps=+{self.capability}",
            f"--ambient-caps=+{self.capability}",
            # PostgreSQL looks for its programs with access(2), which otherwise ignores the
            # capability because the real user is not root.
            "--securebits=+no_setuid_fixup",
        ]


def choose(*, major: int, data: Path) -> RunAs:
    """`data` may not exist yet, its parent does."""
    if os.geteuid() != 0:
        return RunAs()
    uid, gid = _unprivileged(data)
    candidates = [RunAs(uid, gid)]
    if shutil.which("setpriv"):
        candidates += [RunAs(uid, gid, capability) for capability in _CAPABILITIES]
    for candidate in candidates:
        if _reaches(candidate, major, data.parent):
            return candidate
    closed = _first_closed((binaries.program(major, "postgres"), data), uid, gid)
    if closed is None:
        raise AssayError(_cannot_switch())
    raise AssayError(
        f"PostgreSQL refuses to run as root, and the user it runs as instead "
        f"({_name(uid)}) cannot enter {closed}. Move the checkout and ASSAY_HOME to a place "
        f"every user can enter, or open that one: chmod o+x {closed}"
    )


def _unprivileged(data: Path) -> tuple[int, int]:
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return owner.st_uid, owner.st_gid
    for name in _UNPRIVILEGED_USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return user.pw_uid, user.pw_gid
    raise AssayError(
        "PostgreSQL refuses to run as root, and this machine has no user `nobody` to run it as: "
        "run Assay as an ordinary user."
    )


def _reaches(candidate: RunAs, major: int, folder: Path) -> bool:
    sample = binaries.installation(major) / "share" / "postgresql" / "postgres.bki"
    # `[ -x` asks access(2), as PostgreSQL does; `:` only opens the file.
    script = 'cd "$3" && : < "$2" && [ -x "$1" ] && exec "$1" --version'
    postgres = binaries.program(major, "postgres")
    try:
        probe = candidate.run(
            ["/bin/sh", "-c", script, "sh", postgres, sample, folder], capture_output=True
        )
    except OSError:
        return False
    return probe.returncode == 0


def _first_closed(paths: tuple[Path, ...], uid: int, gid: int) -> Path | None:
    for path in paths:
        for folder in reversed(path.parents):
            if not _may_enter(folder.stat(), uid, gid):
                return folder
    return None


def _may_enter(folder: os.stat_result, uid: int, gid: int) -> bool:
    if folder.st_uid == uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _cannot_switch() -> str:
    return (
        "PostgreSQL refuses to run as root, and this environment does not let root start it as "
        "another user: run Assay as an ordinary user, or set ASSAY_DATABASE_URL to a PostgreSQL "
        "of your own."
    )


def _environment() -> dict[str, str]:
    """Nothing of the user's PG* variables or language may reach the server."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **kept}
