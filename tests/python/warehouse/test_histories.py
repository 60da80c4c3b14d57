"""After any history, every state table is what a rebuild would make (acceptance 21).

`ops.differences` compares each table with its own definition over the tables that it reads. By
induction along the graph they equal a rebuild from the logs, and marts are views over them.
"""

import json
import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from engine_world import cost, query
from history import (
    HISTORIES,
    WITH_BUILDS,
    Again,
    Build,
    Cut,
    Deliver,
    Poison,
    Refresh,
    Release,
    Replay,
    Score,
    Step,
    Upgrade,
)  # fmt: skip
from history_run import THOROUGH, Run, restart_for_sessions
from hypothesis import HealthCheck, Phase, example, given, settings
from oracle import Line

from orchestration.warehouse import processes
from orchestration.warehouse.server import EmbeddedServer

HOW_MANY = int(os.environ.get("ASSAY_HISTORIES", "30"))
# The same histories in every `make test`; `make torture` sets how many, and draws other ones each time.
_PROVE = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    max_examples=HOW_MANY,
    derandomize="ASSAY_HISTORIES" not in os.environ,
)
# A build takes longer than all else together: a few, and a failing one is made short by hand.
_PROVE_BUILDS = settings(
    _PROVE, max_examples=max(1, HOW_MANY // 100), phases=[Phase.explicit, Phase.reuse, Phase.generate]
)


@dataclass(frozen=True)
class Template:
    """The project, built over nothing; every history has a copy."""

    copy: Callable[[], AbstractContextManager[str]]
    folder: Path
    restart: Callable[[Run], psycopg.Connection]


@pytest.fixture(scope="module")
def template(
    server: EmbeddedServer,
    new_built_database: Callable[[], AbstractContextManager[str]],
    read_already: Callable[[Path], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Template:
    """`make torture` has the server for itself, and kills it."""
    folder = tmp_path_factory.mktemp("home") / "assay"
    read_already(folder)
    restart = partial(_kill, server) if THOROUGH else restart_for_sessions
    return Template(new_built_database, folder, restart)


def _kill(server: EmbeddedServer, run: Run) -> psycopg.Connection:
    run.session.close()
    pid = server.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert processes.wait_until(lambda: not processes.is_running(pid), 60)
    server.up()
    return run.connect()


@pytest.fixture
def home_of_dbt(template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where dbt finds the project as it has been read."""
    monkeypatch.setenv("ASSAY_HOME", str(template.folder))


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
            "source": "assay",
            "evaluator": "answer_quality",
            "evaluator_version": "1",
            "metrics": {"quality": 0.5},
        }
    ),
]


def _feedback(event_id: str, **said: Any) -> dict[str, Any]:
    base = {"kind": "feedback", "event_id": event_id, "ts": "2026-03-02T10:00:00Z", "query_id": "q"}
    return base | said


# A flag makes an answer one to review, also where opinions stay as they were: one for it, one against.
_A_FLAG_FOR_A_THUMB: list[Step] = [
    _deliver(
        query("q"),
        _feedback("liked", type="thumb", value=1, user_id="a"),
        _feedback("disliked", type="thumb", value=-1, user_id="b"),
    ),
    _NOW,
    _deliver(_feedback("flagged", type="flag", supersedes="disliked", user_id="b")),
    _NOW,
]


# What was kept beside says something else once the contract has a place for it.
_A_FIELD_IS_LEARNED: list[Step] = [
    _deliver(query("q", feature="search"), cost("c", "q", service_tier="batch"), query("r")),
    _NOW,
    Upgrade(),
    Again((0,)),
    _NOW,
]


@_PROVE
@given(steps=HISTORIES)
@example(steps=_HELD_AND_THE_NEXT)
@example(steps=_SCORED_LATER)
@example(steps=_A_FLAG_FOR_A_THUMB)
@example(steps=_A_FIELD_IS_LEARNED)
def test_everything_is_as_the_oracle_says_after_any_history(
    template: Template, steps: list[Step]
) -> None:
    """Prevents the number that depends on the order of arrivals, or on who died meanwhile."""
    with template.copy() as url:
        Run(url, template.folder, template.restart).play(steps)


_ALL_KINDS_OF_STEPS: list[Step] = [
    Build(full=False),
    _deliver(
        query("q", session_id="s", query_text="Hello"),
        cost("c", "q"),
        {
            "kind": "bill",
            "event_id": "b",
            "ts": "2026-03-01T00:00:00Z",
            "provider": "p1",
            "day": "2026-03-01",
            "amount": "1",
        },
    ),
    Deliver((Line('{"kind":"tool"', "BAD_JSON"), Line(json.dumps(query("r")))), 1, "landing.committed"),
    Build(full=True),
    Cut(),
    Poison(Line(json.dumps(query("beside")))),
    Again((0, 1), 2, 7, respelled=True),
    Refresh(dies=20),
    Score(),
    Upgrade(),
    Replay(),
    Build(full=False),
    Release(),
    Refresh(),
]


@pytest.mark.long
@pytest.mark.usefixtures("home_of_dbt")
@_PROVE_BUILDS
@given(steps=WITH_BUILDS)
@example(steps=_ALL_KINDS_OF_STEPS)
def test_nor_do_builds_and_full_refreshes_between_anything_matter(
    template: Template, steps: list[Step]
) -> None:
    """Prevents a build that takes in less, or more, than refreshes do; all equals a plain build."""
    with template.copy() as url:
        Run(url, template.folder, template.restart, builds=True).play(steps)


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
        run = Run(url, template.folder, template.restart)
        with psycopg.connect(url, autocommit=True) as session:
            session.execute(sabotage.encode())
        with pytest.raises((AssertionError, psycopg.errors.UniqueViolation)):
            run.play(steps)
