"""Imports that Dagster schedules: none unless configured, once an interval, each source by itself."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dagster as dg
import psycopg
import pytest
from test_import_databases import LITELLM, call, run

from orchestration.errors import AssayError
from orchestration.landing.lander import Lander
from orchestration.sources import scheduled
from orchestration.sources.importing import import_database
from orchestration.sources.scheduled import configured, import_all, slot

AWAY = "postgresql://reader@127.0.0.1:1/gone"
ALSO_AWAY = "postgresql://reader@127.0.0.1:1/other"


@pytest.fixture
def home(warehouse: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert warehouse
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def source(
    new_database: Callable[[], AbstractContextManager[str]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Somebody's LiteLLM; its password is in the environment."""
    with new_database() as url:
        run(url, LITELLM, call(1, "2026-03-01T10:00:00"), call(2, "2026-03-01T10:01:00"))
        parts = urlsplit(url)
        monkeypatch.setenv("THEIR_PASSWORD", str(parts.password))
        yield parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@")).geturl()


def configure(home: Path, *urls: str, every: str = "15m") -> None:
    said = "".join(
        f"  - {{system: litellm, from: '{url}', password: THEIR_PASSWORD}}\n" for url in urls
    )
    (home / "sources.yml").write_text(f"every: {every}\nsources:\n{said}")


def tick() -> dg.SensorResult:
    from orchestration.defs.sources.sensors import import_sensor

    result = import_sensor(dg.build_sensor_context())
    assert isinstance(result, dg.SensorResult)
    return result


def ran(tags: dict[str, str]) -> Any:
    from orchestration.defs.sources.assets import imports

    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize([imports], instance=instance, tags=tags, raise_on_error=False)


@pytest.mark.usefixtures("home")
def test_nothing_is_read_unless_it_is_configured(warehouse: psycopg.Connection) -> None:
    assert not tick().run_requests
    assert warehouse.execute("select count(*) from ops.job_run").fetchone() == (0,)


def test_a_configured_source_is_read_once_an_interval_and_shows_rows_and_lag(
    warehouse: psycopg.Connection, home: Path, source: str
) -> None:
    configure(home, source, every="9999h")
    (asked,) = tick().run_requests or []
    assert asked.job_name == "import_sources"
    result = ran(dict(asked.tags))
    assert result.success
    shown = {
        str(event.asset_key.path[-1]): event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    assert shown["imports"]["1 litellm: new rows"].value == 4
    assert int(str(shown["imports"]["1 litellm: lag in seconds"].value)) > 0
    assert shown["query_log"]["new_rows"].value == 2
    assert warehouse.execute("select status, rows from ops.job_run").fetchall() == [("succeeded", 4)]
    assert warehouse.execute("select count(*) from raw.cost_log").fetchone() == (2,)
    assert not tick().run_requests


def test_a_source_that_is_away_keeps_no_other_from_being_read(
    warehouse: psycopg.Connection, home: Path, source: str
) -> None:
    configure(home, AWAY, source, ALSO_AWAY)
    (asked,) = tick().run_requests or []
    result = ran(dict(asked.tags))
    assert not result.success
    assert warehouse.execute("select count(*) from raw.cost_log").fetchone() == (2,)
    assert "No connection to the other database" in str(result.all_events)
    (shown,) = (
        event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key and event.asset_key.path[-1] == "imports"
    )
    # Of one system in three places: what was read of one says nothing of the others.
    assert [name for name in shown if "lag" in name] == ["2 litellm: lag in seconds"]


def test_an_error_that_nobody_expected_keeps_no_other_from_being_read(
    warehouse: psycopg.Connection, home: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One odd row of one source, and none that is named behind it was ever read."""
    configure(home, source, source)
    odd = [True]

    def fails(*given: Any) -> Any:
        if odd and odd.pop():
            raise TypeError("somebody's words")
        return import_database(*given)

    monkeypatch.setattr(scheduled, "import_database", fails)
    with Lander() as lander:
        found = list(import_all(lander))
    assert [one.problem for one in found] == ["TypeError while importing.", None]
    assert warehouse.execute("select count(*) from raw.cost_log").fetchone() == (2,)


def test_lags_of_two_schemas_are_each_its_own(home: Path, source: str) -> None:
    """Prevents that a schema which was never read seems to be up to date, because another one is."""
    elsewhere = f"{source}?options=-csearch_path%3Delsewhere"
    configure(home, f"{elsewhere},public", source, elsewhere)
    with Lander() as lander:
        found = list(import_all(lander))
    assert [one.newest is not None for one in found] == [True, True, False]


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("sources:\n  - {system: litellm, from: 'postgresql://a:geheim@h/d'}\n", "password does not"),
        ("sources:\n  - {system: mine, from: 'postgresql://h/d'}\n", "`system` is one of"),
        ("every: soon\nsources: []\n", "`every` is minutes or hours"),
        ("source: []\n", "not as it should be"),
        ("a: [\n", "not as it should be"),
    ],
)
def test_what_is_wrong_with_the_file_is_said_without_its_secrets(
    home: Path, said: str, complaint: str
) -> None:
    (home / "sources.yml").write_text(said)
    with pytest.raises(AssayError, match=complaint) as told:
        configured()
    assert "geheim" not in str(told.value)
    assert complaint in str(tick().skip_reason)


def test_moments_of_one_interval_have_one_name() -> None:
    every = dt.timedelta(minutes=15)
    at = dt.datetime(2026, 3, 1, 10, 14, 59, tzinfo=dt.UTC)
    assert slot(every, at) == slot(every, at.replace(minute=0, second=0)) == "2026-03-01T10:00Z"
    assert slot(every, at + dt.timedelta(seconds=1)) == "2026-03-01T10:15Z"
