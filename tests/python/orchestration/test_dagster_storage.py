"""Dagster's storage: it does not connect for every event, and a restarted database does not matter."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
import yaml
from dagster._core.test_utils import instance_for_test
from sqlalchemy import event
from sqlalchemy.pool import Pool

from orchestration.ui.home import STORAGE_VARIABLE, configuration
from orchestration.warehouse.urls import sqlalchemy_url

CHECKED = dg.AssetKey("checked")


@pytest.fixture
def url(
    new_database: Callable[[], AbstractContextManager[str]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    with new_database() as url:
        monkeypatch.setenv(STORAGE_VARIABLE, sqlalchemy_url(url))
        yield url


@contextmanager
def _instance(folder: Path) -> Iterator[dg.DagsterInstance]:
    with instance_for_test(yaml.safe_load(configuration()), temp_dir=str(folder)) as one:
        yield one


@pytest.fixture
def instance(url: str, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    assert url
    with _instance(tmp_path) as one:
        yield one


def _others(url: str, each: str = "pid") -> int:
    with psycopg.connect(url, autocommit=True) as admin:
        counted = admin.execute(
            f"select count({each}) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
            " and backend_type = 'client backend'".encode()
        ).fetchone()
    return int(counted[0]) if counted else 0


def _say(instance: dg.DagsterInstance, times: int) -> None:
    for number in range(times):
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(asset_key=CHECKED, check_name=f"check_{number}", passed=True)
        )


def test_events_share_a_connection(instance: dg.DagsterInstance) -> None:
    """Prevents a minute of connecting before each build, which is 1,500 planned checks."""
    opened: list[Any] = []
    _say(instance, 1)

    def connects(*_: Any) -> None:
        opened.append(1)

    event.listen(Pool, "connect", connects)
    try:
        _say(instance, 20)
    finally:
        event.remove(Pool, "connect", connects)
    assert len(opened) < 5


def test_a_restarted_database_costs_no_event(instance: dg.DagsterInstance, url: str) -> None:
    """Prevents the first run after a restart from failing for the sake of a dead connection."""
    _say(instance, 1)
    assert _others(url, "pg_terminate_backend(pid)") > 0
    _say(instance, 1)
    assert instance.get_latest_asset_check_evaluation_record(dg.AssetCheckKey(CHECKED, "check_0"))


def test_an_instance_that_ended_holds_no_connection(url: str, tmp_path: Path) -> None:
    """Prevents a server without free connections: every tick of a sensor makes an instance."""
    with _instance(tmp_path) as one:
        _say(one, 1)
        events = one.event_log_storage
        assert _others(url) > 0
    end = time.monotonic() + 60
    while _others(url) and time.monotonic() < end:
        time.sleep(0.05)
    assert _others(url) == 0
    assert events  # it was not the garbage collector
