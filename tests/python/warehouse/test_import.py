"""Tables of somebody's, through the one door: with a map, a row has every guarantee that a line has."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from landing_world import World

from orchestration.landing.replay import replay
from orchestration.settings import PROJECT_DIR
from orchestration.sources.commands import import_

CALLS = """id,when,user,model,seconds,prompt_tokens,cached_tokens,completion_tokens,ok,rating,question
17,2026-03-02 09:15:04,ana,m-large,1.84,2860,2048,96,true,5,"How do I
reset my key?"
18,2026-03-02 09:16:04,ben,m-large,0.5,100,0,10,false,,no
19,2026-03-02 09:16:04,ben,m-large,quick,100,0,ten,false,,no
short,row
"""


@pytest.fixture
def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    page = (PROJECT_DIR / "docs" / "sources" / "csv.md").read_text(encoding="utf-8")
    (tmp_path / "map.yml").write_text(page.split("```yaml\n")[1].split("```")[0])
    return World(database_url, tmp_path)


def imported(world: World, path: Path, said: str = "map.yml") -> tuple[int, ...]:
    arguments = [str(path), "--map", str(world.folder / said), "--json"]
    result = CliRunner().invoke(import_, arguments, catch_exceptions=False)
    (report,) = json.loads(result.stdout)["files"]
    return tuple(report[name] for name in ("accepted", "duplicate", "conflict", "quarantined"))


def test_the_table_of_the_page_lands(world: World) -> None:
    """Prevents a page whose map does not do what it says."""
    path = world.write("calls.csv", CALLS.encode(), end=b"")
    assert imported(world, path) == (5, 0, 0, 3)
    costs = world.rows(
        """select query_id, input_tokens, cache_read_tokens, output_tokens, source
           from raw.cost_log order by 1"""
    )
    assert costs == [("17", 812, 2048, 96, "our_gateway"), ("18", 100, 0, 10, "our_gateway")]
    assert world.rows("select ts::text, status, latency_ms from raw.query_log order by event_id") == [
        ("2026-03-02 08:15:04+00", "ok", 1840),
        ("2026-03-02 08:16:04+00", "error", 500),
    ]
    assert (
        world.value("select body from vault.text where body like 'How%%'") == "How do I\nreset my key?"
    )
    assert world.rows("select reason, path from landing.quarantine order by 1, 2") == [
        ("BAD_TYPE", "$"),
        ("BAD_TYPE", "$.latency_ms"),
        ("BAD_TYPE", "$.output_tokens"),
    ]


def test_a_row_is_the_same_however_it_is_packed(world: World) -> None:
    """Prevents the second delivery of a table, packed or in another form, from counting again."""
    table = CALLS.partition("19,")[0].encode()
    assert imported(world, world.write("calls.csv", table, end=b"")) == (5, 0, 0, 0)
    (world.folder / "calls.csv.gz").write_bytes(gzip.compress(table))
    assert imported(world, world.folder / "calls.csv.gz") == (0, 5, 0, 0)

    rows = [
        {"id": "17", "when": "2026-03-02 09:15:04", "user": "ana", "model": "m-large", "seconds": 1.84,
         "prompt_tokens": 2860, "cached_tokens": 2048, "completion_tokens": 96, "ok": True, "rating": 5,
         "question": "How do I\nreset my key?"},
        {"id": "18", "when": "2026-03-02 09:16:04", "user": "ben", "model": "m-large", "seconds": 0.5,
         "prompt_tokens": 100, "cached_tokens": 0, "completion_tokens": 10, "ok": False, "rating": None,
         "question": "no"},
    ]  # fmt: skip
    said = (world.folder / "map.yml").read_text()
    (world.folder / "json.yml").write_text("format: json\n" + said)
    world.write("lines.json", *(json.dumps(row).encode() for row in rows))
    world.write("array.json", json.dumps(rows, indent=2).encode())
    pq.write_table(pa.Table.from_pylist(rows), world.folder / "rows.parquet")
    for name in ("lines.json", "array.json", "rows.parquet"):
        assert imported(world, world.folder / name, "json.yml") == (0, 5, 0, 0), name


def test_damage_is_kept_and_replayed_once(world: World) -> None:
    table = gzip.compress(CALLS.encode())
    (world.folder / "cut.csv.gz").write_bytes(table[:-12])
    accepted, _, _, quarantined = imported(world, world.folder / "cut.csv.gz")
    assert accepted + quarantined > 0
    assert ("TRUNCATED_TAIL",) in world.rows("select reason from landing.quarantine")
    (world.folder / "bad.csv.gz").write_bytes(table[:40] + b"XXXX" + table[44:])
    assert imported(world, world.folder / "bad.csv.gz") == (0, 0, 0, 1)
    assert ("BAD_GZIP",) in world.rows("select reason from landing.quarantine")
    with world.lander() as lander:
        assert replay(lander).accepted == 0


def test_another_row_with_its_id_is_a_conflict(world: World) -> None:
    table = CALLS.partition("19,")[0].encode()
    imported(world, world.write("calls.csv", table, end=b""))
    other = table.replace(b",96,", b",97,").replace(b"09:16", b"09:17")
    assert imported(world, world.write("other.csv", other, end=b"")) == (0, 2, 3, 0)
    assert world.value("select output_tokens from raw.cost_log where query_id = '17'") == 96
