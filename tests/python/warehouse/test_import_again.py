"""The same records again, in another file and order, with other content: through each reader."""

from pathlib import Path

import pytest
from landing_world import World, counts
from readers_world import ALL, Reader

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
