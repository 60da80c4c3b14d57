"""What must not matter to any table or mart, and what must matter in a way that is known beforehand.

Nobody has to know a right answer for this: two worlds are compared whose answers are related.
"""

import datetime as dt
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from landing_world import World

from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice, parse
from orchestration.refresh.engine import refresh_all
from orchestration.simulator.commands import DEFAULT_START_MS
from orchestration.simulator.writer import Order, simulate_days

NewDatabase = Callable[[], AbstractContextManager[str]]
Fields = dict[str, Any]
Tables = Mapping[str, Counter[str]]

# `make torture` simulates more.
DAYS, QUERIES = (10, 200) if os.environ.get("ASSAY_TORTURE") == "1" else (3, 12)
# They are about arrivals and runs.
_ABOUT_ARRIVALS = (
    "reconciliation",
    "data_freshness",
    "check_results",
    "fct_landed_rows",
    "preference_runs",
)
# What does not move with the data, and why.
_OF_MONTHS = {"marts.budget_status", "marts.roi"}
_OF_BLOCKS = {"state.srv_user_days", "state.srv_user_active_days"}  # counted from a fixed day
_OF_WEEKS_COMPARED = {"marts.insights"}
_UNTIL_TODAY = {"marts.user_retention"}
_BY_NAME_OF_WORKSPACE = {"marts.budget_status", "marts.roi", "marts.roi_sensitivity"}
_OF_NO_WORKSPACE = {"marts.insight_catalogue", "marts.job_health", "marts.targets"}
# Who speaks up is learned from all workspaces, the small ones leaning on the others.
_OF_ALL_WORKSPACES = {"marts.budget_status", "marts.feedback_quality", "marts.satisfaction_daily"}
_COLUMNS = """
    select table_schema || '.' || table_name,
        array_agg(column_name::text order by ordinal_position)
    from information_schema.columns
    where table_schema in ('marts', 'core', 'state') and data_type <> 'uuid'
        and column_name not in ('batch_id', 'line_no', 'finding_id', 'insight_id')
        and not table_name = any(%s)
        and table_name not like 'int\\_%%'
    group by 1 order by 1"""


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[Fields]:
    """Sound lines, each key once: who is first among several is what arrival decides."""
    folder = tmp_path_factory.mktemp("simulated")
    for _ in simulate_days(Order(DAYS, QUERIES, 3, DEFAULT_START_MS, folder)):
        pass
    given = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    parsed = parse(Slice(1, 0, given), Limits())
    first = {
        key: given[place]
        for key, place in reversed(list(zip(parsed.keys, parsed.indexes, strict=True)))
    }
    return [json.loads(line) for line in reversed(first.values())]


@dataclass(frozen=True)
class Worlds:
    new: NewDatabase
    folder: Path

    def of(self, *files: Sequence[Fields], back: Callable[[Any], Any] = lambda value: value) -> Tables:
        """Everything that readers and models see, with `back` over each value."""
        encoded = ([json.dumps(line).encode() for line in file] for file in files)
        return self.of_lines(*encoded, back=back)

    def of_lines(
        self,
        *files: Sequence[bytes],
        back: Callable[[Any], Any] = lambda value: value,
        each: bool = False,
    ) -> Tables:
        """With `each`, the marts are refreshed after every file, and their refreshes proved."""
        with self.new() as url, psycopg.connect(url, autocommit=True) as session:
            world = World(url, self.folder)
            for file in files:
                world.land(world.write("a.jsonl", *file))
                if each:
                    refresh_all(session)
            refresh_all(session)
            held = session.execute("select count(*) from ops.held_batch").fetchall()
            assert held == [(0,)]
            if each:
                assert _wrong(session) == []
            return {name: _rows(session, name, columns, back) for name, columns in _tables(session)}


def _wrong(session: psycopg.Connection) -> list[tuple[Any, ...]]:
    return session.execute(
        "select * from ops.differences('analytics') where missing + surplus > 0"
    ).fetchall()


def _tables(session: psycopg.Connection) -> list[tuple[str, list[str]]]:
    return session.execute(_COLUMNS, (list(_ABOUT_ARRIVALS),)).fetchall()


def _rows(
    session: psycopg.Connection, name: str, columns: list[str], back: Callable[[Any], Any]
) -> Counter[str]:
    rows = session.execute(f"select {', '.join(columns)} from {name}".encode()).fetchall()
    said = ({n: _within(v, back) for n, v in zip(columns, row, strict=True)} for row in rows)
    return Counter(json.dumps(row, sort_keys=True, default=str) for row in said)


def _within(value: Any, back: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {name: _within(one, back) for name, one in value.items()}
    return back(value)


def differing(one: Tables, other: Tables) -> set[str]:
    assert one.keys() == other.keys()
    assert sum(map(bool, one.values())) > 40, "hardly anything to compare"
    return {name for name in one if one[name] != other[name]}


@pytest.fixture(scope="module")
def worlds(new_built_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    return Worlds(new_built_database, tmp_path_factory.mktemp("lines"))


@pytest.fixture(scope="module")
def as_it_is(worlds: Worlds, lines: list[Fields]) -> Tables:
    return worlds.of(lines)


def test_the_order_of_arrival_files_and_repetitions_do_not_matter(
    worlds: Worlds, lines: list[Fields], as_it_is: Tables
) -> None:
    """Shuffled, in many files, everything twice."""
    shuffled = random.Random(1).sample(lines, len(lines))
    size = len(lines) // 7 + 1
    files = [shuffled[at : at + size] for at in range(0, len(shuffled), size)]
    assert differing(worlds.of(*files, *files[::-1]), as_it_is) == set()


def _moved(by: dt.timedelta) -> Callable[[Any], Any]:
    def move(value: Any) -> Any:
        return value + by if isinstance(value, dt.date | dt.datetime) else value

    return move


def _line_moved(line: Fields, by: dt.timedelta) -> Fields:
    """Every moment and every day of it."""
    moved = dict(line)
    for name, value in line.items():
        if name in ("ts", "asked_at", "valid_from", "valid_to"):
            moved[name] = (dt.datetime.fromisoformat(value) + by).isoformat()
        if name == "day":
            moved[name] = (dt.date.fromisoformat(value) + by).isoformat()
    return moved


def _of_weeks(tables: Tables) -> set[str]:
    """A day later is another week for some of their rows."""
    return {
        name
        for name, rows in tables.items()
        if rows and json.loads(next(iter(rows))).keys() & {"week", "cohort_week"}
    }


@pytest.mark.long
@pytest.mark.parametrize("days", [1, 7])
def test_a_later_world_is_the_same_world_later(
    worlds: Worlds, lines: list[Fields], as_it_is: Tables, days: int
) -> None:
    by = dt.timedelta(days=days)
    moved = worlds.of([_line_moved(line, by) for line in lines], back=_moved(-by))
    stays = _OF_MONTHS | _OF_BLOCKS | _UNTIL_TODAY
    if days % 7:
        stays |= _of_weeks(as_it_is) | _OF_WEEKS_COMPARED
    assert differing(moved, as_it_is) <= stays


@pytest.mark.long
def test_the_name_of_a_workspace_does_not_matter(
    worlds: Worlds, lines: list[Fields], as_it_is: Tables
) -> None:
    """But for budgets and parameters, which are given to a workspace by its name."""
    names = {line.get("workspace", "default") for line in lines}
    new = {name: f"{name} renamed" for name in names}
    old = {told: name for name, told in new.items()}
    renamed = [line | {"workspace": new[line.get("workspace", "default")]} for line in lines]
    same = worlds.of(renamed, back=lambda value: old.get(value, value) if type(value) is str else value)
    assert differing(same, as_it_is) <= _BY_NAME_OF_WORKSPACE


@pytest.mark.long
def test_two_worlds_side_by_side_do_not_touch(
    worlds: Worlds, lines: list[Fields], as_it_is: Tables
) -> None:
    """Another customer's workspaces add rows and change none."""
    beside = [line | {"workspace": f"{line.get('workspace', 'default')} 2"} for line in lines]
    merged = worlds.of(lines, beside)
    alone = worlds.of(beside)
    summed = {name: as_it_is[name] + alone[name] for name in as_it_is}
    assert differing(merged, summed) <= _OF_ALL_WORKSPACES | _OF_NO_WORKSPACE


# Ids by which lines belong together.
_IDS: tuple[str, ...] = (
    "event_id",
    "query_id",
    "parent_query_id",
    "session_id",
    "user_id",
    "target_id",
    "supersedes",
    "task_id",
    "trace_id",
    "judge_cost_event_id",
    "object_id",
)


@pytest.mark.long
def test_two_worlds_in_one_workspace_add_up(
    worlds: Worlds, lines: list[Fields], as_it_is: Tables, manifest: dict[str, Any]
) -> None:
    """Every sum over both is the sum of the sums: nobody is counted twice, or with somebody else."""
    others = [
        {name: f"{value} too" if name in _IDS else value for name, value in line.items()}
        for line in lines
    ]
    merged, alone = worlds.of(lines, others), worlds.of(others)
    additive = {
        f"state.{node['name']}": node["config"]["key"]
        for node in manifest["nodes"].values()
        if node["config"].get("materialized") == "additive"
    }
    assert len(additive) > 10
    differ = [
        name
        for name, key in additive.items()
        if _sums(merged[name], key) != _sums(as_it_is[name] + alone[name], key)
    ]
    assert differ == []


def _sums(rows: Counter[str], key: list[str]) -> dict[str, Counter[str]]:
    sums: dict[str, Counter[str]] = {}
    for text, times in rows.items():
        row = json.loads(text)
        place = json.dumps([row.pop(name, None) for name in key])
        sums.setdefault(place, Counter()).update({name: times * n for name, n in row.items() if n})
    return sums
