"""Where a local day begins and ends: summer time, half-hour zones, leap days, no midnight at all."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import engine_world
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ZONE = "Reporting/Zone"  # stands in the compiled SQL where each test puts a real one
MODEL = """
with moments as (
    select cast('@moment' as timestamptz) as moment
),
days as (select moment, {{ local_day('moment') }} as day from moments)
select day, {{ week_of('day') }} as week, {{ hour_of('moment') }} as hour_at,
    {{ local_midnight('day') }} as begins_at, {{ local_midnight(days_after('day', 1)) }} as ends_at
from days
"""
# By hand: zone, local day, its first instant and the first of the next day, both UTC.
DAYS = {
    "an ordinary day": ("UTC", "2026-03-01", "2026-03-01T00:00Z", "2026-03-02T00:00Z"),
    "east of Greenwich": ("Asia/Tokyo", "2025-06-03", "2025-06-02T15:00Z", "2025-06-03T15:00Z"),
    "five and a half hours": ("Asia/Kolkata", "2026-01-01", "2025-12-31T18:30Z", "2026-01-01T18:30Z"),
    "a quarter of an hour": ("Asia/Kathmandu", "2025-07-01", "2025-06-30T18:15Z", "2025-07-01T18:15Z"),
    "west, and half an hour": (
        "America/St_Johns", "2025-01-15", "2025-01-15T03:30Z", "2025-01-16T03:30Z"),
    "a leap day": ("America/New_York", "2024-02-29", "2024-02-29T05:00Z", "2024-03-01T05:00Z"),
    "no leap year": ("America/New_York", "2025-02-28", "2025-02-28T05:00Z", "2025-03-01T05:00Z"),
    "23 hours": ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00Z", "2026-03-29T22:00Z"),
    "25 hours": ("Europe/Berlin", "2025-10-26", "2025-10-25T22:00Z", "2025-10-26T23:00Z"),
    "24 hours and a half": (
        "Australia/Lord_Howe", "2024-04-07", "2024-04-06T13:00Z", "2024-04-07T13:30Z"),
    "no midnight": ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00Z", "2018-11-05T02:00Z"),
}  # fmt: skip
ZONES = sorted({zone for zone, *_ in DAYS.values()})
MOMENTS = st.datetimes(
    dt.datetime(2015, 1, 1),  # noqa: DTZ001
    dt.datetime(2030, 12, 31),  # noqa: DTZ001
    timezones=st.just(dt.UTC),
)


@dataclass(frozen=True)
class Local:
    day: dt.date
    week: dt.date
    hour_at: dt.datetime
    begins_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True)
class Calendar:
    session: psycopg.Connection
    statement: str

    def of(self, moment: dt.datetime, zone: str, session_zone: str = "UTC") -> Local:
        self.session.execute("select set_config('TimeZone', %s, false)", (session_zone,))
        statement = self.statement.replace(ZONE, zone).replace("@moment", moment.isoformat())
        found = self.session.execute(statement.encode()).fetchall()[0]
        # Python takes two zones' moments for different where one of them stands in a repeated hour.
        return Local(
            *(one.astimezone(dt.UTC) if isinstance(one, dt.datetime) else one for one in found)
        )


@pytest.fixture(scope="module")
def calendar(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Calendar]:
    folder = tmp_path_factory.mktemp("house")
    with new_database() as url, engine_world.house(url, folder) as house:
        project = folder / "dbt_project.yml"
        project.write_text(
            project.read_text().replace("reporting_timezone: UTC", f"reporting_timezone: {ZONE}")
        )
        with psycopg.connect(url, autocommit=True) as session:
            yield Calendar(session, house.compiled("local_days", MODEL))


@pytest.mark.parametrize("what", DAYS)
def test_a_day_begins_and_ends_where_it_does(calendar: Calendar, what: str) -> None:
    """Prevents the first or the last hour of a day from being counted in its neighbour."""
    zone, day, begins_at, ends_at = DAYS[what]
    today, begins, ends = (
        dt.date.fromisoformat(day),
        dt.datetime.fromisoformat(begins_at),
        dt.datetime.fromisoformat(ends_at),
    )
    moment, one_day = dt.timedelta(microseconds=1), dt.timedelta(days=1)
    assert calendar.of(begins, zone).day == today
    assert calendar.of(ends - moment, zone).day == today
    assert calendar.of(begins - moment, zone).day == today - one_day
    assert calendar.of(ends, zone).day == today + one_day
    assert calendar.of(begins, zone).begins_at == begins
    assert calendar.of(begins, zone).ends_at == ends


@settings(deadline=None, max_examples=200)
@given(moment=MOMENTS, zone=st.sampled_from(ZONES), session_zone=st.sampled_from(ZONES))
def test_a_moment_is_in_its_hour_day_and_week_for_every_reader(
    calendar: Calendar, moment: dt.datetime, zone: str, session_zone: str
) -> None:
    """Prevents days that overlap or leave a gap, and views that depend on their reader's session."""
    local = calendar.of(moment, zone, session_zone)
    assert local.begins_at <= moment < local.ends_at
    assert local.hour_at <= moment < local.hour_at + dt.timedelta(hours=1)
    assert local.hour_at.astimezone(dt.UTC).minute == 0
    assert local.week.weekday() == 0
    assert 0 <= (local.day - local.week).days < 7
    assert calendar.of(moment, zone) == local
