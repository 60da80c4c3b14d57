"""Insights over real tables: each leads to rows of its mart, and none repeats a name from a log."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from landing_world import World
from psycopg import sql

from orchestration.refresh.engine import refresh_all

FIRST = dt.date(2026, 2, 1)
HOSTILE = "=cmd|'/c'!A0 <script>alert(1)</script>"


def _lines(days: int) -> Iterator[dict[str, Any]]:
    """Slow answers, searches that find nothing, and calls without a price, twenty-five a day."""
    for day in range(days):
        ts = f"{FIRST + dt.timedelta(day)}T12:00:00Z"
        for number in range(25):
            name = f"{day} {number}"
            line = {"event_id": name, "ts": ts, "workspace": "w", "query_id": name}
            yield line | {"kind": "query", "status": "ok", "latency_ms": 9000, "surface": HOSTILE}
            found = {"data_source": HOSTILE, "result_count": number % 2}
            yield line | {"kind": "retrieval", "status": "ok", **found}
            yield line | {"kind": "cost", "model": HOSTILE, "provider": HOSTILE, "input_tokens": 5}
            blocked = {"guardrail": HOSTILE, "verdict": "block" if day >= days - 7 else "pass"}
            yield line | {"kind": "guardrail", "human_override": "overturned", **blocked}


@pytest.fixture(scope="module")
def world(
    new_built_database: Callable[[], AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    with new_built_database() as url, pytest.MonkeyPatch.context() as patch:
        made = World(url, tmp_path_factory.mktemp("world"))
        patch.setenv("ASSAY_DATABASE_URL", url)
        patch.setenv("ASSAY_HOME", str(made.folder / "home"))
        made.land(made.write("logs.jsonl", *(json.dumps(line).encode() for line in _lines(35))))
        with psycopg.connect(url, autocommit=True) as session:
            refresh_all(session)
        yield made


def _evidence(world: World, insight: dict[str, Any]) -> int:
    """How many rows of its mart an insight stands on, as the docs say it is read."""
    conditions = [
        sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(value))
        for column, value in insight["evidence_keys"].items()
    ]
    if insight["evidence_time"]:
        time = sql.Identifier(insight["evidence_time"])
        conditions.append(sql.SQL("{} >= {}").format(time, sql.Literal(insight["period_start"])))
        conditions.append(sql.SQL("{} < {}").format(time, sql.Literal(insight["period_end"])))
    mart = sql.Identifier("marts", insight["evidence_mart"])
    with psycopg.connect(world.url) as session:
        query = sql.SQL("select count(*) from {} where {}").format(
            mart, sql.SQL(" and ").join(conditions)
        )
        row = session.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _insights(world: World) -> list[dict[str, Any]]:
    with psycopg.connect(world.url, row_factory=psycopg.rows.dict_row) as session:
        return session.execute("select * from marts.insights order by rule").fetchall()


def test_each_insight_leads_to_the_rows_behind_it(world: World) -> None:
    found = _insights(world)
    assert {insight["rule"] for insight in found} == {
        "blocks_jump",
        "blocks_overturned",
        "latency_target_missed",
        "price_missing",
        "savings_unknown",
        "searches_find_nothing",
    }
    assert [insight["rule"] for insight in found if _evidence(world, insight) == 0] == []
    said = {insight["rule"]: insight["title"] for insight in found}
    assert said["searches_find_nothing"] == "52.0 % of the searches find nothing"
    assert said["price_missing"] == "700 calls have no price"
    counted = world.rows("select rule, findings from marts.insight_catalogue where findings > 0")
    assert dict(counted) == {insight["rule"]: 1 for insight in found}


def test_no_sentence_repeats_a_name_that_logs_chose(world: World) -> None:
    """Prevents a formula or a script from reaching a mail or a sheet by way of a recommendation."""
    for insight in _insights(world):
        spoken = insight["title"] + insight["description"] + insight["recommendation"]
        assert "script" not in spoken
        assert spoken[0].isalnum()
    assert HOSTILE in {insight["subject"] for insight in _insights(world)}


def test_a_finding_keeps_its_id_while_its_window_moves(world: World) -> None:
    """Prevents a list that looks new every morning."""
    before = {(i["rule"], i["insight_id"]) for i in _insights(world)}
    lines = [line for line in _lines(36) if line["event_id"].startswith("35 ")]
    world.land(world.write("more.jsonl", *(json.dumps(line).encode() for line in lines)))
    with psycopg.connect(world.url, autocommit=True) as session:
        refresh_all(session)
    after = _insights(world)
    assert before <= {(i["rule"], i["insight_id"]) for i in after}
    assert {i["period_end"] for i in after if i["rule"] == "price_missing"} == {dt.date(2026, 3, 9)}
