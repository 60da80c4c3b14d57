"""Who asks again in other words: found whatever came late, and only between neighbours."""

import json
from pathlib import Path
from typing import Any

import pytest
from landing_world import World

from orchestration.landing.lander import Lander
from orchestration.refresh.engine import refresh_all
from orchestration.scoring.engine import score
from orchestration.warehouse.connection import connect

DESCALE, AGAIN = "How do I descale the coffee machine?", "How can I descale my coffee machine"
ELSE = "Where do I find the invoice of last year?"
STEPS = """
    select query_id, next_step, is_compared from state.srv_next_steps
    inner join core.fct_queries using (query_key) order by query_id"""


@pytest.fixture
def world(built_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("ASSAY_DATABASE_URL", built_url)
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    return World(built_url, tmp_path)


def asked(name: str, minute: int, text: str, **other: Any) -> dict[str, Any]:
    at = f"2026-03-01T10:{minute:02}:00.123456Z"
    line = {"kind": "query", "event_id": name, "query_id": name, "ts": at, "status": "ok"}
    return line | {"query_text": text, "response_text": "Yes.", "user_id": "u"} | other


def scored(world: World, *lines: dict[str, Any]) -> int:
    """How many lines the learner landed."""
    path = world.folder / "lines.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with Lander(world.url) as lander:
        lander.land_file(path, 0.0)
    with connect(url=world.url, autocommit=True) as session:
        landed = score(["answer_quality", "rephrasing"]).by_scorer.get("rephrasing", 0)
        refresh_all(session)
    return landed


def steps(world: World) -> dict[str, tuple[str, bool]]:
    return {query: (step, compared) for query, step, compared in world.rows(STEPS)}


def test_a_late_query_parts_two_that_were_neighbours(world: World) -> None:
    landed = scored(
        world,
        asked("a", 1, DESCALE),
        asked("c", 9, AGAIN),
        asked("d", 20, AGAIN),  # too long after c
        asked("short", 21, "ok"),
        asked("empty", 22, ""),
        asked("nobody", 2, AGAIN, user_id=None),
        asked("elsewhere", 2, AGAIN, workspace="other"),
    )
    assert landed == 1
    assert steps(world)["a"] == ("rephrased", True)

    landed = scored(world, asked("b", 5, ELSE))
    assert landed == 2  # a and b, b and c
    found = steps(world)
    assert found["a"] == ("went_on", True)
    assert found["b"] == ("went_on", True)

    # Earlier than what the newest scores know, and the same words once more.
    assert scored(world, asked("0", 0, DESCALE)) == 1
    assert steps(world)["0"] == ("retried", True)
    assert world.rows("select * from ops.differences('analytics') where missing + surplus > 0") == []


def test_nothing_is_said_twice(world: World) -> None:
    assert scored(world, asked("a", 1, DESCALE), asked("b", 2, AGAIN)) == 1
    again = score(["rephrasing"], again=True)
    assert (again.landed, again.repeated) == (0, 1)


def test_until_it_is_compared_a_new_neighbour_is_no_rephrasing(world: World) -> None:
    """Prevents the likeness to one query that is counted for another."""
    scored(world, asked("a", 1, DESCALE), asked("c", 9, AGAIN))
    path = world.folder / "late.jsonl"
    path.write_text(json.dumps(asked("b", 5, ELSE)) + "\n")
    with Lander(world.url) as lander, connect(url=world.url, autocommit=True) as session:
        lander.land_file(path, 0.0)
        refresh_all(session)
    assert steps(world)["a"] == ("went_on", False)
