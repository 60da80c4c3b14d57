"""OTLP files through the whole of landing: once, whatever they are delivered as."""

import gzip
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from landing_world import World, admit
from otlp_spans import CALL, INFERENCE, message, request, span

from orchestration.cli import assay
from orchestration.landing import workers
from orchestration.landing.parse import Slice
from orchestration.landing.reader import read_file
from orchestration.landing.replay import replay
from orchestration.sources.otlp import lines

EVIL = "'); drop table raw.query_log; --"


@pytest.fixture
def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    return World(database_url, tmp_path)


def land(world: World, name: str, content: bytes) -> tuple[int, int, int, int]:
    path = world.folder / name
    path.write_bytes(content)
    counts = world.land(path)
    return counts.accepted, counts.duplicate, counts.conflict, counts.quarantined


def test_spans_land_once_whatever_they_are_delivered_as(world: World) -> None:
    spans = [span({**CALL, "session.id": EVIL, "user.id": "u" * 9000}), span(INFERENCE, 2)]
    assert land(world, "a.jsonl", request(*spans) + b"\n") == (4, 0, 0, 0)
    assert land(world, "a.jsonl", request(*spans) + b"\n") == (0, 4, 0, 0)
    assert land(world, "b.pb.gz", gzip.compress(message(*spans[::-1]))) == (0, 4, 0, 0)
    other = span({**CALL, "session.id": "another"})
    assert land(world, "c.json", request(other)) == (0, 0, 2, 0)
    with psycopg.connect(world.url, autocommit=True) as session:
        admit(session)
    assert world.value("select count(*) from raw.query_log where session_id = %s", EVIL) == 1
    texts = world.rows("select field, body from vault.text order by 1")
    assert texts == [("query_text", "Hello?"), ("response_text", "Hi.")]


def test_faults_are_kept_with_their_reasons_and_the_rest_lands(world: World) -> None:
    odd = span({**CALL, "gen_ai.usage.input_tokens": 10**13}, 2)
    lines = [request(span(CALL), odd), b'{"resourceSpans": [', request(span(CALL, 3))[:-9]]
    assert land(world, "a.jsonl", b"\n".join(lines)) == (3, 0, 0, 3)
    found = world.rows("select reason, path, line_no from landing.quarantine order by line_no")
    assert found == [("RANGE", "$.input_tokens", 4), ("BAD_JSON", "$", 5), ("TRUNCATED_TAIL", "$", 6)]


def test_a_refused_span_lands_once_its_translation_is_mended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand: the query landed, its cost did not; made anew the query is a duplicate, the cost new."""
    odd = span({**CALL, "gen_ai.usage.input_tokens": "100"}, 2)
    assert land(world, "a.jsonl", request(odd) + b"\n") == (1, 0, 0, 1)
    with world.lander() as lander:
        assert replay(lander).quarantined == 1
        monkeypatch.setattr(lines, "_whole", int)
        again = replay(lander)
        assert (again.accepted, again.duplicate, again.quarantined) == (1, 1, 0)
        assert replay(lander).lines == 0
    assert world.value("select input_tokens from raw.cost_log") == 40


def test_unknown_attributes_are_listed_by_source_and_since_when(world: World) -> None:
    land(
        world, "a.jsonl", request(span({**CALL, "mood": "sunny"}), span({**INFERENCE, "mood": "x"}, 2))
    )
    told = CliRunner().invoke(assay, ["drift", "--json"])
    listed: list[dict[str, Any]] = json.loads(told.output)
    assert [(one["source"], one["kind"], one["field"], one["lines"]) for one in listed] == [
        ("openinference", "query", "mood", 1),
        ("otel", "query", "mood", 1),
    ]
    landed_at = world.value("select min(landed_at)::text from landing.batch")
    assert {one["first_seen"] for one in listed} == {landed_at}
    only = CliRunner().invoke(assay, ["drift", "--json", "--source", "otel"])
    assert len(json.loads(only.output)) == 1


def test_a_large_file_is_translated_by_others_and_comes_out_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a cut tail, a record that is none, and the last line without its newline with it."""
    records = [request(*(span(CALL, n * 50 + k + 1) for k in range(50))) for n in range(40)]
    content = b"\n".join([*records[:20], b"{no record", *records[20:]])
    path = world.folder / "a.jsonl"
    path.write_bytes(content)
    alone = [item for item in read_file(path, world.lander().limits) if isinstance(item, Slice)]
    expected = sum(len(item.lines) for item in alone)
    for module in ("workers", "lander"):
        monkeypatch.setattr(f"orchestration.landing.{module}.WORTH_IT_BYTES", 1 << 20)
    assert len(content) > 1 << 20
    assert workers.WORKERS > 1
    counts = world.land(path)
    assert (counts.lines, counts.accepted, counts.quarantined) == (expected, 4000, 1)
    again = world.land(path)
    assert (again.duplicate, again.quarantined) == (4000, 1)
