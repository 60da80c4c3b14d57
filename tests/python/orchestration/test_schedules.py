"""Schedules, driven by Dagster's own scheduler over a clock of ours."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
import yaml
from dagster._core.test_utils import (
    create_test_daemon_workspace_context,
    freeze_time,
    instance_for_test,
)
from dagster._core.workspace.load_target import ModuleTarget
from dagster._scheduler.scheduler import launch_scheduled_runs
from dagster._utils.schedules import cron_string_iterator
from dagster_world import Loaded
from report_world import make_marts, put

from orchestration.jobs import ledger
from orchestration.settings import PROJECT_DIR
from orchestration.ui.home import STORAGE_VARIABLE, configuration
from orchestration.warehouse.urls import sqlalchemy_url

NIGHT = datetime(2026, 3, 3, 2, 30, tzinfo=UTC)


def _tick(job: str, now: datetime) -> dg.RunRequest | dg.SkipReason:
    from orchestration.defs.jobs.schedules import tick

    return tick(job, now)


def test_a_tick_asks_for_the_period_that_is_over(warehouse: psycopg.Connection) -> None:
    """Prevents a night that is built for the day that has just begun."""
    asked = _tick("build", NIGHT)
    assert isinstance(asked, dg.RunRequest)
    assert asked.tags["assay/key"] == "2026-03-02"
    periods = warehouse.execute("select period_start, period_end from ops.job_run").fetchall()
    assert periods == [(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))]


def test_the_same_period_is_asked_for_by_the_same_key_and_done_once(
    warehouse: psycopg.Connection,
) -> None:
    """Prevents two schedulers from doing one hour twice."""
    first, second = _tick("check", NIGHT), _tick("check", NIGHT)
    assert isinstance(first, dg.RunRequest)
    assert isinstance(second, dg.RunRequest)
    assert first.run_key == second.run_key
    ledger.run("check", first.tags["assay/key"], lambda _: 1)
    assert isinstance(_tick("check", NIGHT), dg.SkipReason)
    assert warehouse.execute("select count(*) from ops.job_run").fetchone() == (1,)


@pytest.mark.parametrize(("job", "partition"), [("prove", "2026-02-23"), ("prune", "2026-02-01")])
def test_weekly_and_monthly_work_names_its_partition(
    warehouse: psycopg.Connection, job: str, partition: str
) -> None:
    """Prevents a weekly run that Dagster refuses because its week is none of its partitions."""
    from orchestration.defs.jobs.partitions import MONTHLY, WEEKLY

    assert warehouse
    asked = _tick(job, NIGHT)
    assert isinstance(asked, dg.RunRequest)
    assert asked.partition_key == partition
    assert partition in (WEEKLY if job == "prove" else MONTHLY).get_partition_keys(NIGHT)


@pytest.fixture
def known_up_to(
    warehouse: psycopg.Connection, manifest: dict[str, Any]
) -> Callable[[str, datetime], None]:
    """Sets the horizon of the marts, and their days."""
    make_marts(warehouse, manifest)

    def know(zone: str, as_of: datetime) -> None:
        warehouse.execute("truncate marts.reconciliation")
        put(warehouse, "reconciliation", as_of=as_of, reporting_zone=zone)

    return know


LAST_LOGS = datetime(2026, 9, 30, 6, 0, tzinfo=UTC)
FIRST = datetime(2026, 10, 1, 5, 30, tzinfo=UTC)


def test_a_month_is_reported_once_its_last_day_is_known(
    warehouse: psycopg.Connection, known_up_to: Callable[[str, datetime], None]
) -> None:
    """Prevents a page without the month's last day, which stays: its key is done."""
    known_up_to("UTC", LAST_LOGS)
    waits = _tick("report", FIRST)
    assert isinstance(waits, dg.SkipReason)
    assert "2026-09 is not known to its end" in str(waits.skip_message)
    assert warehouse.execute("select count(*) from ops.job_run").fetchone() == (0,)
    known_up_to("UTC", LAST_LOGS + timedelta(days=1))
    asked = _tick("report", FIRST + timedelta(hours=6))
    assert isinstance(asked, dg.RunRequest)
    assert asked.tags["assay/key"] == asked.partition_key == "2026-09-01"
    assert "assay/incomplete" not in asked.tags
    ledger.run("report", "2026-09-01", lambda _: 1)
    done = _tick("report", FIRST + timedelta(hours=12))
    assert isinstance(done, dg.SkipReason)
    assert "was done" in str(done.skip_message)


@pytest.mark.parametrize(
    ("zone", "hour", "known"),
    [
        ("America/Los_Angeles", 6, False),
        ("America/Los_Angeles", 7, True),
        ("Europe/Berlin", 0, True),
    ],
)
def test_a_month_ends_where_its_days_end(
    known_up_to: Callable[[str, datetime], None], zone: str, hour: int, known: bool
) -> None:
    """Prevents a report in the evening of the last day: in Los Angeles it is 23:00 when it is 06:00."""
    known_up_to(zone, datetime(2026, 10, 1, hour, 30, tzinfo=UTC))
    assert isinstance(_tick("report", FIRST + timedelta(hours=6)), dg.RunRequest) is known


def test_a_month_whose_logs_ended_is_reported_at_last(
    known_up_to: Callable[[str, datetime], None],
) -> None:
    """Prevents months that are never reported because nothing is logged any more; and silence of it."""
    known_up_to("UTC", LAST_LOGS)
    assert isinstance(_tick("report", datetime(2026, 10, 3, 17, 30, tzinfo=UTC)), dg.SkipReason)
    asked = _tick("report", datetime(2026, 10, 3, 23, 30, tzinfo=UTC))
    assert isinstance(asked, dg.RunRequest)
    assert asked.tags["assay/incomplete"] == "no logs after 2026-09-30"


def test_what_does_not_report_waits_for_no_logs(warehouse: psycopg.Connection) -> None:
    assert warehouse
    assert isinstance(_tick("prune", FIRST), dg.RunRequest)


def test_the_report_looks_several_times(loaded: Loaded) -> None:
    """Prevents a month that is looked at once, before it is known; and a last look that is none."""
    (schedule,) = [one for one in loaded.defs.schedules or [] if one.name == "monthly_report"]
    assert isinstance(schedule, dg.ScheduleDefinition)
    october = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
    ticks = cron_string_iterator(october, str(schedule.cron_schedule), schedule.execution_timezone)
    looks = [next(ticks) for _ in range(13)]
    assert (looks[0], looks[11]) == (FIRST, datetime(2026, 10, 3, 23, 30, tzinfo=UTC))
    assert looks[12] == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@pytest.fixture
def dagsters_database(
    new_database: Callable[[], AbstractContextManager[str]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    with new_database() as url:
        monkeypatch.setenv(STORAGE_VARIABLE, sqlalchemy_url(url))
        yield


def _launched(tmp_path: Path, *moments: datetime) -> list[Counter[str]]:
    """What Dagster's own scheduler asks for at each of these moments, having slept in between."""
    ours = yaml.safe_load(configuration())
    target = ModuleTarget("orchestration.definitions", None, str(PROJECT_DIR), location_name="assay")
    seen: list[Counter[str]] = []
    with (
        instance_for_test(ours, temp_dir=str(tmp_path)) as instance,
        create_test_daemon_workspace_context(target, instance) as context,
    ):
        for now in moments:
            with freeze_time(now):
                list(launch_scheduled_runs(context, logging.getLogger("test"), now, {}))
            names = Counter(run.tags["dagster/schedule_name"] for run in instance.get_runs())
            seen.append(names - sum(seen, Counter()))
    return seen


@pytest.mark.usefixtures("dagsters_database")
def test_a_machine_that_slept_runs_each_schedule_once(
    warehouse: psycopg.Connection, tmp_path: Path
) -> None:
    """Prevents 24 hourly runs at once after a day, and five weekly ones after five weeks."""
    evening = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    moments = (evening, evening + timedelta(days=1), evening + timedelta(days=36))
    before, day, weeks = _launched(tmp_path, *moments)
    assert before == {}
    daily = {"hourly_check": 1, "hourly_score": 1, "nightly_build": 1}
    assert day == daily
    assert weeks == daily | {"weekly_prove": 1, "monthly_prune": 1, "monthly_report": 1}
    keys = warehouse.execute("select job, key from ops.job_run order by job_run_id").fetchall()
    assert {("build", "2026-03-02"), ("check", "2026-03-03-18:00")} <= set(keys)
    assert len(keys) == 9
