"""After any history, every state table is what a rebuild would make (acceptance 21).

`ops.differences` compares each table with its own definition over the tables that it reads. By
induction along the graph they equal a rebuild from the logs, and marts are views over them.
"""

import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import history
import psycopg
import pytest
from engine_world import cost, query
from history import HISTORIES, Deliver, Poison, Refresh, Release, Step
from hypothesis import HealthCheck, example, given, settings

from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.refresh.engine import TARGET, held_batches, refresh_all, release

HOW_MANY = int(os.environ.get("ASSAY_HISTORIES", "30"))
_PROVE = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=HOW_MANY)


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


@dataclass
class Run:
    """One history, step by step, over the real landing and the real refresh."""

    url: str = field(repr=False)
    folder: Path

    def play(self, steps: list[Step]) -> None:
        with psycopg.connect(self.url, autocommit=True) as session:
            for step in steps:
                match step:
                    case Deliver(lines):
                        self._land(*lines)
                    case Poison(beside):
                        self._land(history.POISON, beside)
                    case Refresh(max_rows, dies):
                        self._refresh(session, max_rows, dies=dies)
                    case Release():
                        self._release_all(session)
            refresh_all(session)

    def differences(self) -> list[tuple[str, int, int]]:
        with psycopg.connect(self.url, autocommit=True) as session:
            found = session.execute(
                "select model, missing, surplus from ops.differences(%s)", (TARGET,)
            ).fetchall()
        assert found, "nothing was compared"
        return [row for row in found if row[1] or row[2]]

    def lost(self) -> list[tuple[str, int, int]]:
        """Admitted rows of the logs against the rows that the facts have."""
        with psycopg.connect(self.url) as session:
            return session.execute(
                """select * from (values
                    ('queries', (select count(*) from staging.stg_native__queries),
                        (select count(*) from core.fct_queries)),
                    ('in state', (select count(*) from staging.stg_native__queries),
                        (select coalesce(sum(entries), 0) from state.agg_performance_daily)),
                    ('costs', (select count(*) from staging.stg_native__costs),
                        (select count(*) from core.fct_costs)),
                    ('feedback', (select count(*) from staging.stg_native__feedback),
                        (select count(*) from core.fct_feedback))
                ) as counted (what, landed, kept) where landed <> kept"""
            ).fetchall()

    def held_by_an_error(self) -> list[tuple[str, str]]:
        with psycopg.connect(self.url, autocommit=True) as session:
            return session.execute(
                "select held_by, sqlstate from ops.held_batch where sqlstate is not null"
            ).fetchall()

    def _land(self, *lines: str) -> None:
        path = self.folder / f"{uuid4().hex}.jsonl"
        path.write_text("\n".join(lines) + "\n")
        with Lander(self.url, Limits()) as lander:
            lander.land_file(path, 0.0)
        path.unlink()

    @staticmethod
    def _refresh(session: psycopg.Connection, max_rows: int, *, dies: bool) -> None:
        with session.transaction(force_rollback=dies):
            session.execute("select ops.refresh(%s, %s)", (TARGET, max_rows))

    @staticmethod
    def _release_all(session: psycopg.Connection) -> None:
        """As after the limit was lifted: the checks are away for one refresh."""
        checks = session.execute("delete from ops.delta_check returning target, name, statement")
        kept = checks.fetchall()
        for held in held_batches(session):
            release(session, held["batch_id"])
        refresh_all(session)
        for check in kept:
            session.execute("insert into ops.delta_check values (%s, %s, %s)", check)


# The held batch's number was given to the next one, on which the horizon stood already.
_HELD_AND_THE_NEXT: list[Step] = [
    Poison(json.dumps(query("beside"))),
    Deliver((json.dumps(query("after")),)),
    Refresh(max_rows=1, dies=False),
]

# What a user did next is told of scored queries, and a score always comes after its query.
_SCORED_LATER: list[Step] = [
    Deliver((json.dumps(query("q") | {"session_id": "s"}),)),
    Refresh(max_rows=10**6, dies=False),
    Deliver(
        (
            json.dumps(
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
        )
    ),
]


@_PROVE
@given(steps=HISTORIES)
@example(steps=_HELD_AND_THE_NEXT)
@example(steps=_SCORED_LATER)
def test_state_equals_its_rebuild_after_any_history(template: Template, steps: list[Step]) -> None:
    """Prevents the number that depends on the order in which things arrived."""
    with template.copy() as url:
        run = Run(url, template.folder)
        run.play(steps)
        assert run.differences() == []
        assert run.lost() == []
        assert run.held_by_an_error() == []


def _deliver(*lines: dict[str, Any]) -> Step:
    return Deliver(tuple(json.dumps(line) for line in lines))


_NOW = Refresh(max_rows=10**6, dies=False)
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
        try:
            run.play(steps)
        except psycopg.errors.UniqueViolation:
            return
        with psycopg.connect(url) as session:
            refused = held_batches(session)
        assert run.differences() != [] or refused != []
