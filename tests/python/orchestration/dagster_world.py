"""Dagster's definitions, loaded once: no profile, no database; the manifest is shared by all tests."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits

if TYPE_CHECKING:
    import dagster as dg


@dataclass(frozen=True)
class Loaded:
    defs: "dg.Definitions"
    home: Path


@pytest.fixture(scope="session")
def loaded(
    tmp_path_factory: pytest.TempPathFactory, read_already: Callable[[Path], None]
) -> Iterator[Loaded]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(home))
        patch.delenv("ASSAY_DATABASE_URL", raising=False)
        patch.delenv("ASSAY_INBOX", raising=False)
        read_already(home)
        from orchestration.definitions import defs

        yield Loaded(defs, home)


@pytest.fixture
def warehouse(
    loaded: Loaded, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[psycopg.Connection]:
    """A session in the database that the definitions work on."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    monkeypatch.setenv("ASSAY_HOME", str(loaded.home))
    with psycopg.connect(database_url, autocommit=True) as session:
        yield session


def line(event_id: str, kind: str = "query", **more: Any) -> str:
    base = {"kind": kind, "event_id": event_id, "ts": "2026-03-01T10:00:00Z", "status": "ok"}
    return json.dumps({name: value for name, value in (base | more).items() if value is not None})


def land(url: str, folder: Path, *lines: str) -> None:
    path = folder / "landed-directly.jsonl"
    path.write_text("\n".join(lines) + "\n")
    with Lander(url, Limits()) as lander:
        lander.land_file(path, 0.0)
    path.unlink()
