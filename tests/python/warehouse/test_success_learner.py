"""Success is learned from how work ended, and said of work, not of people or words."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from landing_world import World

from orchestration.landing.lander import Lander
from orchestration.refresh.engine import refresh_all
from orchestration.scoring import success_learner
from orchestration.scoring.engine import score
from orchestration.scoring.logistic import auroc
from orchestration.scoring.success import FEATURES
from orchestration.settings import PROJECT_DIR
from orchestration.warehouse.connection import connect

TASKS = 300


def lines() -> Iterator[dict[str, Any]]:
    """Of tasks with an error a fifth succeed, of the others four fifths; the last has no end yet."""
    rng = np.random.default_rng(1)
    for number in range(TASKS):
        fails = bool(rng.random() < 0.5)
        common = {"ts": "2026-03-01T10:00:00Z", "task_id": f"t{number}", "user_id": f"u{number}"}
        status = "error" if fails else "ok"
        yield {"kind": "query", "event_id": f"q{number}", "status": status, **common}
        if number < TASKS - 1:
            succeeds = rng.random() < (0.2 if fails else 0.8)
            yield {
                "kind": "outcome",
                "event_id": f"o{number}",
                "target_type": "task",
                "target_id": f"t{number}",
                "result": "success" if succeeds else "failure",
                **common,
            }


@pytest.fixture
def world(built_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("ASSAY_DATABASE_URL", built_url)
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    return World(built_url, tmp_path)


def land(world: World, some: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> None:
    path = world.folder / "lines.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in some))
    with Lander(world.url) as lander:
        lander.land_file(path, 0.0)


def refresh() -> None:
    with connect(autocommit=True) as session:
        refresh_all(session)


def test_success_is_learned_said_once_and_held_against_the_end(world: World) -> None:
    """Prevents predictions that saw the end, that repeat, or that nobody checks."""
    land(world, lines())
    refresh()
    first, second = score(["success"]), score(["success"])
    assert (first.landed, second.landed) == (2 * TASKS, 0)
    refresh()
    found = world.rows(
        "select success_probability, is_success, main_driver, driver_failures"
        " from marts.success_predictions"
    )
    known = [row for row in found if row[1] is not None]
    assert (len(found), len(known)) == (TASKS, TASKS - 1)
    hits = np.array([float(row[1]) for row in known])
    assert 0.7 < auroc(hits, np.array([row[0] for row in known])) < 0.9
    assert {row[2] for row in found} == {"failures"}
    assert {row[3] < 0 for row in found if row[0] < 0.5} == {True}
    assert world.value("select sum(ended) from marts.success_reliability") == TASKS - 1
    assert world.value("select count(*) from marts.success_reliability where reliability = 'reliable'")
    assert world.value("select count(success_probability) from core.fct_query_scores") == TASKS
    # Erasing a person must find what was said of their work.
    assert world.value("select count(*) from raw.evaluation_log where subject_ref is null") == 0


def test_only_work_that_moved_is_judged_again(world: World) -> None:
    """Prevents an hourly run that says everything about everybody again."""
    land(world, lines())
    refresh()
    score(["success"])
    land(world, [{"kind": "query", "event_id": "more", "ts": "2026-03-02T10:00:00Z", "status": "ok",
                  "task_id": "t7"}])  # fmt: skip
    refresh()
    assert score(["success"]).landed == 2


def test_empty_ids_are_no_work_and_no_query(world: World) -> None:
    """Prevents a line about nothing, which landing refuses: every later run failed by it. Landing lets
    no empty id in any more, so they are put where rows of earlier days have them."""
    land(world, lines())
    refresh()
    world.rows(
        "update core.fct_queries set task_id = '', session_id = '' where query_id = 'q0' returning 1"
    )
    world.rows("update core.fct_queries set query_id = '' where query_id = 'q1' returning 1")
    assert score(["success"]).landed == 2 * (TASKS - 1)
    said = "select count(*) from raw.evaluation_log where target_type = 'query' and target_id = 'q1'"
    assert world.value(said) == 1


def test_nothing_is_said_where_too_little_is_known(world: World) -> None:
    """Prevents a model of five tasks."""
    land(world, list(lines())[:30])
    refresh()
    assert score(["success"]).landed == 0


def test_nobody_is_judged_by_a_model_that_saw_them() -> None:
    """The guard's own test: ends are noise, and a model that saw them would know some by heart."""
    rng = np.random.default_rng(1)
    columns = rng.normal(size=(200, 80))
    ends = rng.integers(0, 2, 200).astype(float)
    fold = np.arange(200.0) % 5
    honest = success_learner.study(columns, ends, fold)
    assert honest is not None
    chances, added = honest.says(columns, fold)
    seen, _ = honest.says(columns, (fold + 1) % 5)  # each by a model of another fold: it saw them
    assert auroc(ends, chances) < 0.65 < 0.8 < auroc(ends, seen)
    assert added.shape == columns.shape


def test_the_mart_has_a_column_for_every_feature() -> None:
    """Prevents a driver that lands and is never shown."""
    macro = (PROJECT_DIR / "macros/learning/success_features.sql").read_text().split("endmacro")[0]
    assert [name for name in macro.split("'")[1::2] if name.isidentifier()] == list(FEATURES)
