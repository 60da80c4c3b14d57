"""The forecast of a month against plain arithmetic, and its interval against months that are over."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psycopg
import pytest
from landing_world import World

from orchestration.refresh.engine import refresh_all

FIRST = dt.date(2026, 1, 1)
DAYS, WORKSPACES = 152, 16  # until the end of May
Series = npt.NDArray[np.float64]


def spending() -> dict[str, Series]:
    """Dollars a day: weekends cost a third, days scatter by 15 %."""
    rng = np.random.default_rng(7)
    weekday = np.array([(FIRST + dt.timedelta(n)).weekday() for n in range(DAYS)])
    shape = np.where(weekday >= 5, 3.0, 9.0)
    return {
        f"w{n}": np.maximum(shape * (1 + 0.15 * rng.standard_normal(DAYS)), 0).round(6)
        for n in range(WORKSPACES)
    }


@pytest.fixture
def world(built_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("ASSAY_DATABASE_URL", built_url)
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    lines = [
        json.dumps(
            {
                "kind": "cost", "event_id": f"c{n}", "ts": f"{FIRST + dt.timedelta(n)}T12:00:00Z",
                "workspace": workspace, "model": "m", "reported_cost": f"{dollars:.6f}",
            }
        ).encode()
        for workspace, series in spending().items()
        for n, dollars in enumerate(series.tolist())
    ]  # fmt: skip
    made = World(built_url, tmp_path)
    made.land(made.write("costs.jsonl", *lines))
    with psycopg.connect(built_url, autocommit=True) as session:
        refresh_all(session)
    return made


def by_hand(series: Series, day: dt.date) -> float:
    """Spent so far, and each day left at the mean of its weekday, at the level of two weeks."""
    at = (day - FIRST).days
    window = series[at - 27 : at + 1]
    weekday = np.array([(day - dt.timedelta(27 - n)).weekday() for n in range(28)])
    level = window[-14:].mean() / window.mean()
    left = [day + dt.timedelta(n) for n in range(1, 31)]
    rest = sum(
        level * window[weekday == one.weekday()].mean() for one in left if one.month == day.month
    )
    return float(series[at - day.day + 1 : at + 1].sum() + rest)


def test_the_forecast_is_what_it_says_and_covers_what_it_claims(world: World) -> None:
    """A forecast of the 10th and the 20th by hand; four months in five in the interval, not all."""
    series = spending()
    for day in (dt.date(2026, 3, 10), dt.date(2026, 4, 20), dt.date(2026, 5, 30)):
        found = dict(
            world.rows(
                "select workspace, forecast_usd::float from marts.cost_forecast where day = %s", day
            )
        )
        assert found == pytest.approx({name: by_hand(costs, day) for name, costs in series.items()})
    covered, origins = world.rows(
        """select avg(is_covered::int)::float, count(*) from marts.cost_forecast
           where actual_usd is not null and days_left > 0"""
    )[0]
    assert origins > 1000
    assert 0.75 <= covered <= 0.95
    (total,) = world.rows(
        """select actual_usd::float from marts.cost_forecast
           where workspace = 'w0' and day = '2026-03-15'"""
    )[0]
    assert total == pytest.approx(series["w0"][59:90].sum())


def test_a_day_that_stands_out_is_found_and_a_weekend_is_none(world: World) -> None:
    """Ten times the usual on one more day; before, hardly a day is called unusual."""
    line = {
        "kind": "cost", "event_id": "burst", "ts": "2026-05-20T13:00:00Z", "workspace": "w3",
        "model": "m", "reported_cost": "90",
    }  # fmt: skip
    world.land(world.write("burst.jsonl", json.dumps(line).encode()))
    with psycopg.connect(world.url, autocommit=True) as session:
        refresh_all(session)
    unusual = world.rows(
        """select workspace, day::text, anomaly from marts.spend_overview
           where anomaly in ('high', 'low') and day <= '2026-05-20' order by 1, 2"""
    )
    assert ("w3", "2026-05-20", "high") in unusual
    assert len(unusual) <= 5
