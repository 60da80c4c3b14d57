"""After any history, every state table is what a rebuild would make (acceptance 21).

`ops.differences` compares each table with its own definition over the tables that it reads. By
induction along the graph they equal a rebuild from the logs, and marts are views over them.
"""

import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from engine_world import cost, query
from history import HISTORIES, Deliver, Poison, Refresh, Release, Score, Step
from history_run import Run
from hypothesis import Phase, HealthCheck, example, given, settings
from oracle import Line

from orchestration.refresh.engine import held_batches

HOW_MANY = int(os.environ.get("ASSAY_HISTORIES", "30"))
_PROVE = settings(
    deadline=None, suppress_health_check=list(HealthCheck), max_examples=HOW_MANY, **(dict(phases=[Phase.generate, Phase.explicit]) if os.environ.get("NOSHRINK") else {})
)


@dataclass(frozen=True)
class Template:
    """The project, built over nothing; every history has a copy."""

    copy: Callable[[], AbstractContextManager[str]]
    folder: Path


@pytest.fixture(scope="module")
def template(
    new_built_database: Callable[[], AbstractContextManager[str]],
    read_already: Callable[[Path], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Template:
    folder = tmp_path_factory.mktemp("home") / "assay"
    read_already(folder)
    return Template(new_built_database, folder)


def _deliver(*lines: dict[str, Any]) -> Step:
    return Deliver(tuple(Line(json.dumps(line)) for line in lines))


_NOW = Refresh()
# The held batch's number was given to the next one, on which the horizon stood already.
_HELD_AND_THE_NEXT: list[Step] = [
    Poison(Line(json.dumps(query("beside")))),
    _deliver(query("after")),
    Refresh(max_rows=1),
]

# What a user did next is told of scored queries, and a score always comes after its query.
_SCORED_LATER: list[Step] = [
    _deliver(query("q", session_id="s")),
    _NOW,
    _deliver(
        {
            "kind": "evaluation",
            "event_id": "e",
            "ts": "2026-03-02T10:00:00Z",
            "target_type": "query",
            "target_id": "q",
            "evaluator": "answer_quality",
            "evaluator_version": "1",
            "metrics": {"quality": 0.5},
        }
    ),
]


@_PROVE
@given(steps=HISTORIES)
@example(steps=_HELD_AND_THE_NEXT)
@example(steps=_SCORED_LATER)
def test_everything_is_as_the_oracle_says_after_any_history(template: Template, steps: list[Step]) -> None:
    """Prevents the number that depends on the order in which things arrived, or on who died meanwhile."""
    with template.copy() as url:
        Run(url, template.folder).play(steps)


SABOTAGE: dict[str, tuple[str, list[Step]]] = {
    "old rows are not taken out": (
        "update ops.model set steps[3] = 'delete from ops.horizon where false' where kind = 'touched'",
        [_deliver(query("q")), _NOW, _deliver(cost("c", "q")), _NOW],
    ),
    "sums are replaced, not added to": (
        "update ops.model set steps[2] = replace(steps[2], '= standing.', '= 0 * standing.')"
        " where kind = 'additive'",
        [_deliver(query("q")), _NOW, _deliver(query("r")), _NOW],
    ),
    "emptied keys stay": (
        "update ops.model set steps[3] = 'delete from ops.horizon where false' where kind = 'additive'",
        [_deliver(cost("c", "q")), _NOW, _deliver(query("q")), _NOW],
    ),
}


@pytest.mark.parametrize("what", SABOTAGE)
def test_a_broken_engine_is_found_out(template: Template, what: str) -> None:
    """Prevents a property that holds because nothing is looked at."""
    sabotage, steps = SABOTAGE[what]
    with template.copy() as url:
        run = Run(url, template.folder)
        with psycopg.connect(url, autocommit=True) as session:
            session.execute(sabotage.encode())
        with pytest.raises((AssertionError, psycopg.errors.UniqueViolation)):
            run.play(steps)
