"""A seed whose file changes while people read what stands on it."""

from collections.abc import Iterator
from pathlib import Path

import engine_world
import psycopg
import pytest
from engine_world import House


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with engine_world.house(database_url, tmp_path) as made:
        (tmp_path / "seeds").mkdir()
        _goals(made, "name,goal,until", "speed,3,2026-03-01")
        made.model("goals_read", "select name, goal from {{ ref('goals') }}")
        yield made


def _goals(house: House, *lines: str) -> None:
    (house.folder / "seeds" / "goals.csv").write_text("\n".join(lines) + "\n")


def _build(house: House, *args: str) -> dict[str, str]:
    return house.build("--select", "goals+", *args)


def test_another_column_leaves_the_views_on_it(house: House) -> None:
    """Prevents dbt's own way with a seed of other columns, which drops the views of everybody."""
    assert _build(house) == {}
    house.rows("create view public.mine as select until, name from analytics.goals")
    _goals(house, "note,name,goal", "sooner is better,speed,4")
    assert _build(house) == {}
    assert house.value("select to_regclass('public.mine') is not null")
    assert house.rows("select * from public.mine") == [(None, "speed")]
    assert house.rows("select note, goal from analytics.goals") == [("sooner is better", 4)]
    assert house.rows("select * from house.goals_read") == [("speed", 4)]


def test_a_number_with_a_fraction_is_not_rounded_into_a_whole_one(house: House) -> None:
    """Prevents a target of 3.5 from standing as 4 since the first file had whole numbers."""
    assert _build(house, "--exclude", "goals_read") == {}
    _goals(house, "name,goal,until", "speed,3.5,2026-03-01")
    assert _build(house) == {}
    assert house.rows("select name, goal from house.goals_read") == [("speed", 3.5)]


def test_a_type_that_a_view_reads_says_what_to_do(house: House) -> None:
    assert _build(house) == {}
    _goals(house, "name,goal,until", "speed,3.5,2026-03-01")
    assert 'assay sql --write "drop view' in _build(house)["goals"]
    assert house.rows("select * from house.goals_read") == [("speed", 3)]


@pytest.mark.parametrize("option", [(), ("--full-refresh",)], ids=["build", "full refresh"])
def test_other_rows_wait_for_no_reader(house: House, option: tuple[str, ...]) -> None:
    """Prevents `truncate`, which waits for who reads and makes others wait."""
    assert _build(house) == {}
    with psycopg.connect(house.url) as reader:
        assert reader.execute("select goal from analytics.goals").fetchall() == [(3,)]
        _goals(house, "name,goal,until", "speed,5,2026-03-01", "cost,1,2026-03-01")
        assert _build(house, *option) == {}
    assert house.rows("select goal from analytics.goals order by goal") == [(1,), (5,)]
