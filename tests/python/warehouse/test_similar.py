"""Past queries by meaning: for a text that somebody types, and for queries that went wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from landing_world import World

from orchestration.cli import assay
from orchestration.landing.lander import Lander
from orchestration.refresh.engine import refresh_all
from orchestration.scoring.engine import score
from orchestration.scoring.questions import precedents
from orchestration.warehouse.connection import connect

DESCALE, BROKEN = "How do I descale the coffee machine?", "How can I descale my coffee machine"


def asked(name: str, minute: int, text: str, **other: Any) -> dict[str, Any]:
    at = f"2026-03-01T10:{minute:02}:00Z"
    line = {"kind": "query", "event_id": name, "ts": at, "status": "ok", "query_text": text}
    return line | {"user_id": f"u-{name}"} | other


def thumb(query_id: str, value: int) -> dict[str, Any]:
    about = {"event_id": f"f-{query_id}", "query_id": query_id, "type": "thumb", "value": value}
    return {"kind": "feedback", "ts": "2026-03-01T11:00:00Z", **about}


LINES = (
    asked("liked", 1, DESCALE),
    thumb("liked", 1),
    asked("answered", 2, "How is the coffee machine descaled?"),
    asked("disliked", 3, DESCALE),
    thumb("disliked", -1),
    asked("doubtful", 4, DESCALE, confidence=0.2),
    asked("invoice", 5, "Where do I find the invoice of last year?"),
    asked("failed", 6, BROKEN, status="error"),
    asked("later", 7, DESCALE),
    asked("elsewhere", 1, DESCALE, workspace="other"),
    asked("silent", 8, "", status="error"),
)


PAIRS = """
    select query_id, place, similar_query_id, is_similar_liked from marts.similar_queries
    order by query_id, place"""


@pytest.fixture
def world(built_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("ASSAY_DATABASE_URL", built_url)
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    return World(built_url, tmp_path)


def land(world: World, *lines: dict[str, Any]) -> None:
    path = world.folder / "lines.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with Lander(world.url) as lander:
        lander.land_file(path, 0.0)
    with connect(url=world.url, autocommit=True) as session:
        refresh_all(session)


def learn() -> None:
    score(["topics", "similar_queries"])


def similar(*arguments: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(assay, ["similar", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_past_queries_are_found_by_what_they_mean(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(world, *LINES)
    learn()
    the_command_finds_them()
    # Only earlier ones of the same workspace that went well; the wording nearest to it comes first.
    assert world.rows(PAIRS) == [
        ("disliked", 1, "liked", True),
        ("disliked", 2, "answered", False),
        ("doubtful", 1, "liked", True),
        ("doubtful", 2, "answered", False),
        ("failed", 1, "liked", True),
        ("failed", 2, "answered", False),
    ]
    assert world.value("select min(similarity) >= 0.5 from marts.similar_queries")
    kept = json.dumps(world.rows("select similar_query::text from ops.similar_query similar_query"))
    assert "descale" not in kept.lower()

    # Bounded to the newest; nothing stays of the run before.
    monkeypatch.setattr(precedents, "MOST_WRONG", 1)
    monkeypatch.setattr(precedents, "MOST", 1)
    land(world, asked("again", 9, BROKEN, status="error"))
    learn()
    assert [row[0] for row in world.rows(PAIRS)] == ["again"]


def the_command_finds_them() -> None:
    found = similar("descaling my coffee machine", "--workspace", "default")
    ends = {one["event_id"]: one["ended"] for one in found}
    assert ends == {
        "liked": "good",
        "answered": "unknown",
        "disliked": "bad",
        "doubtful": "unknown",
        "failed": "bad",
        "later": "unknown",
    }
    likeness = [one["similarity"] for one in found]
    assert likeness == sorted(likeness, reverse=True)
    assert all("text" not in name for name in found[0])
    everywhere = {one["event_id"] for one in similar("descaling my coffee machine")}
    assert everywhere == {*ends, "elsewhere"}
    assert len(similar("descaling my coffee machine", "--most", "2")) == 2
    assert similar("descaling my coffee machine", "--workspace", "nobody") == []
    assert similar(" ") == []
