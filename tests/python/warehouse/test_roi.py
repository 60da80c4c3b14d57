"""The worked example of the first users, from logs to dollars; and periods of the reader's choice."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dbt.cli.main import dbtRunner
from landing_world import World

from orchestration.refresh.engine import refresh_all
from orchestration.warehouse.build import dbt_session, paths_args, run_folder

FIRST = dt.date(2026, 1, 1)
SAID = """select status, days::int, hours_saved, labour_saved_usd, outcomes_value_usd,
        breach_prevented_usd, total_usd, investment_usd, net_usd, round(100 * roi_rate)::int,
        round(payback_months::numeric, 1), breach_as_printed_usd, cost_avoidance_given_usd
    from marts.roi where period = 'asked'"""
STATE = """insert into seeds.roi_parameters
    (workspace, name, value, low, high, unit, valid_from, valid_to, source)
    values ('w', '{name}', {value}, {low}, {high}, 'as stated', '{valid_from}', {valid_to}, 'a test')"""


def _line(kind: str, name: str, day: int, **more: Any) -> bytes:
    at = f"{FIRST + dt.timedelta(day)}T12:00:00Z"
    return json.dumps({"kind": kind, "event_id": name, "ts": at, "workspace": "w", **more}).encode()


def _state(name: str, value: str, **more: str) -> str:
    row = {"low": "null", "high": "null", "valid_from": "2026-01-01", "valid_to": "null"} | more
    return STATE.format(name=name, value=value, **row)


def _failures(world: World, *args: str) -> dict[str, int]:
    """The names of what failed, with the rows that each found."""
    with dbt_session(world.url):
        folder = paths_args(run_folder("a-test"))
        result = dbtRunner().invoke([*args, *folder, "--log-level", "none"])
    assert result.exception is None
    ran = getattr(result.result, "results", [])
    return {one.node.name: one.failures for one in ran if str(one.status) not in ("success", "pass")}


@pytest.fixture(scope="module")
def world(
    new_built_database: Callable[[], AbstractContextManager[str]],
    read_already: Callable[[Path], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """Five answered questions within ninety days, one failed one after, and a vulnerability."""
    found = {"target_type": "task", "target_id": "t", "tags": ["vulnerability_prevented", "other"]}
    with new_built_database() as url, pytest.MonkeyPatch.context() as patch:
        made = World(url, tmp_path_factory.mktemp("world"))
        read_already(made.folder / "home")
        patch.setenv("ASSAY_DATABASE_URL", url)
        patch.setenv("ASSAY_HOME", str(made.folder / "home"))
        made.land(
            made.write(
                "logs.jsonl",
                *(_line("query", f"q{day}", day, status="ok") for day in (0, 20, 40, 60, 80)),
                _line("query", "late", 99, status="error"),
                _line("outcome", "said", 10, result="failure", **found),
                _line("outcome", "corrected", 11, result="success", **found),
            )
        )
        with psycopg.connect(url, autocommit=True) as session:
            refresh_all(session)
        yield made


def _asked(
    world: World, first: str, last: str, query: str = SAID, changes: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """With other parameters, which are taken back."""
    with psycopg.connect(world.url) as session:
        for change in changes:
            session.execute(change.encode())
        session.execute("select set_config('assay.first_day', %s, true)", [first])
        session.execute("select set_config('assay.last_day', %s, true)", [last])
        rows = session.execute(query.encode()).fetchall()
        session.rollback()
    return rows


def test_the_worked_example_comes_out_to_the_cent(world: World) -> None:
    """As printed: its probability of a breach is for the 90 days, not for a year as ours is."""
    stated = [_state("breach_probability_days", "90"), _state("cost_avoidance_given_usd", "50100")]
    (found,) = _asked(world, "2026-01-01", "2026-03-31", changes=stated)
    money = [4, 500, 5000, 148_400, 153_900, 43_150, 110_750]
    assert found == (
        "judged", 90, *map(Decimal, money), 257, Decimal("3.4"), Decimal(400_680), Decimal(50_100),
    )  # fmt: skip


def test_a_period_without_data_says_so(world: World) -> None:
    """Before the first query is no day; between two is a licence; without a rate nothing is known."""
    said = """select status, days::int, total_usd, investment_usd, roi_rate
        from marts.roi where period = 'asked'"""
    assert _asked(world, "2020-01-01", "2020-03-31", said) == [("no_data", 0, None, None, None)]
    assert _asked(world, "2026-01-02", "2026-01-08", said) == [
        ("no_queries", 7, None, Decimal(3356), None)
    ]
    assert _asked(world, "2026-01-08", "2026-01-02", said) == []
    unstated = ["delete from seeds.roi_parameters where name = 'analyst_usd_per_hour'"]
    assert _asked(world, "2026-01-01", "2026-01-08", said, unstated) == [
        ("parameters_missing", 8, None, None, None)
    ]


def test_without_and_with_differ_by_the_net_value(world: World) -> None:
    """In each month, quarter and window; and no reader's period is there unless it was asked for."""
    rows = world.rows(
        "select period, without_usd - with_usd - net_usd from marts.roi where status = 'judged'"
    )
    assert {period for period, _ in rows} == {"month", "quarter", "last_90_days"}
    assert {rest for _, rest in rows} == {Decimal(0)}


def test_each_parameter_moves_the_net_value_as_the_formula_says(world: World) -> None:
    """By hand over 90 days, five successes: the hours of 0.25 to 1 are 2 and 5, so $250 and $625."""
    said = """select parameter, net_usd - low_net_usd, high_net_usd - net_usd from marts.roi_sensitivity
        where period = 'asked' order by swing_rank"""
    prevented = Decimal("36591.78")  # 0.35 x 0.10 x $4.24 M x 90 / 365
    assert _asked(world, "2026-01-01", "2026-03-31", said) == [
        ("breach_risk_reduction", prevented, Decimal("62206.03")),
        ("breach_probability", Decimal("26136.99"), Decimal("15682.19")),
        ("breach_cost_usd", Decimal("10701.37"), Decimal("6558.90")),
        ("outcome_usd:vulnerability_prevented", Decimal(4000), Decimal(5000)),
        ("analyst_usd_per_hour", Decimal(200), Decimal(200)),
        ("hours_saved_per_success", Decimal(250), Decimal(125)),
    ]


SENSELESS = [
    _state("analyst_usd_per_hour", "-1"),
    _state("licence_usd_per_year", "5", low="6", high="7"),
    _state("model_cost_share", "2"),
    _state("licence_usd_per_month", "5"),
    _state("breach_probability_days", "0"),
    _state("hours_saved_per_success", "5", valid_to="'2025-01-01'"),
    _state("implementation_usd_per_year", "5", valid_to="'2026-03-01'"),
    _state("implementation_usd_per_year", "6", valid_from="2026-02-01"),
]


def test_a_parameter_that_makes_no_sense_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, by the test that is for it, and by no other."""
    monkeypatch.setenv("ASSAY_HOME", str(world.folder / "home"))
    selected = ["--select", "roi_parameters", "assert_no_roi_parameter_holds_twice"]
    with psycopg.connect(world.url, autocommit=True) as session:
        for stated in SENSELESS:
            session.execute(stated.encode())
        try:
            assert _failures(world, "test", *selected) == {
                "names_the_row_roi_parameters_values": 2,
                "names_the_row_roi_parameters_shares": 1,
                "names_the_row_roi_parameters_names": 1,
                "names_the_row_roi_parameters_days": 1,
                "names_the_row_roi_parameters_ends": 1,
                "assert_no_roi_parameter_holds_twice": 1,
            }
        finally:
            session.execute("delete from seeds.roi_parameters where source = 'a test'")
