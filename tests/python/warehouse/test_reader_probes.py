"""Readers through refreshes and builds; and that readers of stock dbt notice them (acceptance 20)."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import uuid4

import engine_world
import pytest
from engine_world import House, cost, query
from naive_world import NaiveHouse, naive_house
from reader_probes import PROBES, READ_MODELS, Change, Cursor, OwnView, Probe, Report, Statement, probe

# `make torture` asks for the twenty that the acceptance names.
ROUNDS = int(os.environ.get("ASSAY_PROBE_ROUNDS", "3"))
NewDatabase = Callable[[], AbstractContextManager[str]]


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with engine_world.house(database_url, tmp_path) as made:
        for name, sql in READ_MODELS.items():
            made.model(name, sql)
        _land_some(made)
        assert made.build() == {}
        yield made


@pytest.fixture(scope="module")
def stock(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NaiveHouse]:
    with new_database() as url, naive_house(url, tmp_path_factory.mktemp("stock")) as made:
        _land_some(made)
        made.rebuild()
        yield made


def _land_some(house: House) -> None:
    """More queries than changes come: a cursor reads one after each."""
    house.land(*(query(f"q{number}") for number in range(3 * ROUNDS + 9)), cost("c1", "q1"))


def _after_landing(house: House, change: Change) -> Change:
    """A query of a later day and a cost of an old query, then what takes them in."""

    def land_and_change() -> None:
        name = uuid4().hex
        house.land(query(name, ts="2026-03-02T10:00:00Z"), cost(f"c-{name}", "q1"))
        change()

    return land_and_change


def _refresh(house: House) -> Change:
    def change() -> None:
        assert house.refresh().admitted == 1

    return _after_landing(house, change)


def _build(house: House, *args: str) -> Change:
    def change() -> None:
        assert house.build(*args) == {}

    return _after_landing(house, change)


def test_no_reader_notices_refreshes_and_builds(house: House) -> None:
    """Prevents a torn or empty report, a reader that waits, and a user's view that is dropped."""
    changes = [_refresh(house), _build(house), _build(house, "--full-refresh")] * ROUNDS
    found = probe(house.url, PROBES, changes)
    assert found.faults == set()
    assert found.looks > len(changes)
    assert house.differences() == []


SEEN: dict[type[Probe], set[str]] = {
    Statement: {"marts disagree"},
    Report: {"marts disagree", "a change waited for a reader"},
    Cursor: {"a change waited for a reader"},
    OwnView: {"a reader failed: UndefinedTable", "the view is gone"},
}


@pytest.mark.parametrize("kind", PROBES, ids=lambda kind: kind.__name__)
def test_a_reader_of_stock_dbt_notices(stock: NaiveHouse, kind: type[Probe]) -> None:
    """Prevents a probe that would not see it either."""
    changes = [_after_landing(stock, stock.run), _after_landing(stock, stock.rebuild)]
    assert SEEN[kind] <= probe(stock.url, [kind], changes).faults


def test_a_slow_reader_of_stock_dbt_holds_up_the_others(stock: NaiveHouse) -> None:
    """Prevents a probe of waiting that never waits."""
    found = probe(stock.url, [Cursor, Statement], [_after_landing(stock, stock.run)])
    assert {"a reader waited", "a change waited for a reader"} <= found.faults


def test_rows_that_vanish_are_seen(stock: NaiveHouse) -> None:
    """Prevents a probe that is content with two marts that are both empty."""
    empty = probe(
        stock.url, [Statement], [lambda: stock.rows("truncate house.mart_days, house.mart_queries")]
    )
    stock.rebuild()
    assert empty.faults == {"rows are missing"}


def _late_lines(house: House, take_in: Change) -> None:
    """A newest query; then one a month older and a cost of an old query; then all again."""
    for number in range(2):
        house.land(query(f"new{number}", ts=f"2026-03-0{number + 3}T10:00:00Z"))
        take_in()
        house.land(query(f"old{number}", ts="2026-02-01T10:00:00Z"), cost(f"late{number}", "q2"))
        take_in()


def test_late_lines_leave_what_a_rebuild_makes(house: House) -> None:
    """The very story that an ordinary incremental model does not survive (below)."""
    _late_lines(house, house.refresh)
    assert house.differences() == []
    assert house.value("select count(*) from house.fct where day = '2026-02-01'") == 2


def test_an_ordinary_incremental_model_differs_from_its_rebuild(
    database_url: str, tmp_path: Path
) -> None:
    """Prevents a comparison (acceptance 21) that every engine would pass."""
    with naive_house(database_url, tmp_path) as house:
        house.make_incremental()
        _land_some(house)
        house.rebuild()
        house.promise("fct", "agg")
        assert house.differences() == []
        _late_lines(house, house.run)
        ((model, missing, surplus),) = house.differences()
    # Two late queries are not there at all; q2 is there without its late cost.
    assert (model, missing, surplus) == ("house.fct", 3, 1)
