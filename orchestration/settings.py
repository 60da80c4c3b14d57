"""Where things are, from the environment alone (`ASSAY_HOME`, `ASSAY_PORT`, `ASSAY_DATABASE_URL`)."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from orchestration.errors import AssayError

_Number = TypeVar("_Number", int, float)
PROJECT_DIR = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """`port` and `database_url` are None where the user left the choice to us."""

    home: Path
    port: int | None
    database_url: str | None


def number(name: str, default: _Number) -> _Number:
    """Of an environment variable; whole where the default is."""
    text = os.environ.get(name)
    if text is None:
        return default
    try:
        return type(default)(text)
    except ValueError:
        kind = "a whole number" if isinstance(default, int) else "a number"
        raise AssayError(f"{name} must be {kind}, not {text!r}.") from None


def load() -> Settings:
    port = os.environ.get("ASSAY_PORT")
    if port is not None and not (port.isdigit() and 0 < int(port) < 65536):
        raise AssayError(f"ASSAY_PORT must be a port number from 1 to 65535, not {port!r}.")
    return Settings(
        home=Path(os.environ.get("ASSAY_HOME", PROJECT_DIR / ".assay")).resolve(),
        port=int(port) if port else None,
        database_url=os.environ.get("ASSAY_DATABASE_URL") or None,
    )
