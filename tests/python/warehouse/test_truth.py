"""From simulated files to the mart, against what the simulator knows: every line, every nano-dollar."""

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from landing_world import World

from orchestration.cli import assay
from orchestration.simulator.commands import DEFAULT_START_MS
from orchestration.simulator.writer import Order, simulate_days
from orchestration.warehouse.build import run_build

OF_QUERIES = ("generation", "embedding", "rerank", "other")  # judge calls belong to no query


@pytest.fixture
def world(
    database_url: str,
    tmp_path: Path,
    read_already: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    read_already(tmp_path / "home")
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    return World(database_url, tmp_path)


def simulate(folder: Path) -> dict[str, Any]:
    for _ in simulate_days(Order(6, 250, 3, DEFAULT_START_MS, folder)):
        pass
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_text())
    return truth


def test_everything_simulated_arrives_and_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part was right by itself, and a total was wrong all the same."""
    monkeypatch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test")  # they know nothing of these rows
    truth = simulate(world.folder / "logs")
    for expected in truth["files"]:
        path = world.folder / "logs" / expected["name"]
        found = world.land(path)
        assert (found.lines, found.accepted, found.duplicate, found.conflict) == tuple(
            expected[name] for name in ("lines", "accepted", "duplicate", "conflict")
        )
        assert dict(found.by_kind) == expected["accepted_by_kind"]
        reasons = world.rows("select reason from landing.quarantine where file = %s", str(path))
        assert Counter(reason for (reason,) in reasons) == expected["quarantined"]
    outcome = run_build()
    assert outcome.failed == []
    mart = world.rows(
        """select day::text, workspace, queries, successes, errors, cancelled, blocked,
               round(coalesce(cost_usd, 0) * 1000000000)::bigint, coalesce(input_tokens, 0)::bigint
           from marts.performance_overview where queries > 0 order by 1, 2"""
    )
    days = sorted(_day(expected) for expected in truth["day_totals"])
    assert mart == days
    exported = json.loads(
        _said("export", "performance_overview", "--format", "json"), parse_float=Decimal
    )
    assert sum((row["cost_usd"] or 0) * 10**9 for row in exported) == sum(day[7] for day in days)
    for workspace in {day[1] for day in days}:
        of_it = [day for day in days if day[1] == workspace]
        period = ["--from", of_it[0][0], "--to", of_it[-1][0], "--workspace", workspace]
        report = json.loads(_said("report", "executive", *period, "--format", "json"))
        assert report["facts"]["now"]["queries"] == sum(day[2] for day in of_it)


def _said(*arguments: str) -> str:
    ran = CliRunner().invoke(assay, arguments)
    assert ran.exit_code == 0, ran.exception
    return ran.stdout


def _day(expected: dict[str, Any]) -> tuple[Any, ...]:
    counts = (expected[name] for name in ("queries", "ok", "error", "cancelled", "blocked"))
    cost = sum(expected["cost_nanos"].get(call, 0) for call in OF_QUERIES)
    tokens = sum(expected["tokens"].get(call, {}).get("input", 0) for call in OF_QUERIES)
    return (expected["day"], expected["workspace"], *counts, cost, tokens)
