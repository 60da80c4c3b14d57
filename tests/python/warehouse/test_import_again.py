"""The same records again, in another file and order, with other content: through each reader."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from landing_world import World, counts
from readers_world import ALL, JSON, Reader

from orchestration.landing.replay import replay as replayed
from orchestration.landing.store import Counts


def landed(world: World, reader: Reader, name: str, *records: bytes) -> Counts:
    header = [b"id,at,model,tokens,text"] if reader.name == "csv" else []
    path: Path = world.write(name, *header, *records)
    with world.lander() as lander:
        lander.source = reader.source()
        return lander.land_file(path, 0.0)


@pytest.mark.parametrize("name", ALL)
def test_what_comes_again_counts_once(database_url: str, tmp_path: Path, name: str) -> None:
    world, reader = World(database_url, tmp_path), Reader(name, tmp_path)
    one, two = reader.record(b'"a1"'), reader.record(b'"a2"')
    assert counts(landed(world, reader, "first", one, two)) == (4, 4, 0, 0, 0)
    assert landed(world, reader, "first", one, two).accepted == 0
    assert counts(landed(world, reader, "second", two, one, two)) == (6, 0, 6, 0, 0)
    changed = landed(world, reader, "third", reader.record(b'"a1"', tokens=b"4"))
    assert (changed.accepted, changed.conflict) == (0, changed.lines - changed.duplicate)
    later = landed(world, reader, "fourth", reader.record(b'"a2"', at=b'"2026-03-01T10:00:01Z"'))
    assert (later.accepted, later.conflict) == (0, 2)
    assert world.rows("select input_tokens, count(*) from raw.cost_log group by 1") == [(3, 2)]
    assert world.value("select count(*) from landing.conflict") >= 3


@pytest.mark.parametrize("name", JSON)
def test_a_refused_line_lands_once_its_translation_is_mended(
    database_url: str, tmp_path: Path, name: str
) -> None:
    """By hand: what got the cost wrong is mended; the query is a duplicate then, the cost is new."""
    world, reader = World(database_url, tmp_path), Reader(name, tmp_path)
    source = reader.source()

    def wrong(record: Any) -> list[dict[str, Any]]:
        made = source.lines(record) or ()
        return [line if line["kind"] == "query" else {**line, "input_tokens": "?"} for line in made]

    with world.lander() as lander:
        lander.source = replace(source, lines=wrong)
        found = lander.land_file(world.write("log", reader.record(b'"a1"', tokens=b"30")), 0.0)
        assert counts(found) == (2, 1, 0, 0, 1)
        again = replayed(lander)
        assert (again.accepted, again.duplicate, again.quarantined) == (1, 1, 0)
        assert replayed(lander).lines == 0
    assert world.value("select input_tokens from raw.cost_log") == 30
