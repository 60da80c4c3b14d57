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
from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.landing.replay import replay
from orchestration.sources.otlp import calls

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
        monkeypatch.setattr(calls, "_whole", int)
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


LEDGER = """select file, first_line, lines, byte_start, byte_end, accepted + duplicate, sha256
    from landing.batch order by batch_id"""
KEPT = "select line_no, byte_offset, byte_length, reason from landing.quarantine order by 1, 2"


def test_a_large_file_is_translated_by_others_and_comes_out_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batch by batch and line by line: also more lines of a record than a batch has, records that are
    none, one that is too long, and a last line without its newline."""
    records = [request(*(span(CALL, n * 50 + k + 1) for k in range(50))) for n in range(40)]
    many = request(*(span(CALL, 5000 + k) for k in range(300)))
    long = request(span({**CALL, "blob": "x" * 600_000}))
    faults = [b"{no record", records[0][:-4], long]
    paths = [world.folder / "a.jsonl", world.folder / "b.jsonl"]
    paths[0].write_bytes(b"\n".join([*records[:20], *faults, many, *records[20:], b"{"]))
    paths[1].write_bytes(b"\n".join([long, records[3], faults[0], b""]))
    limits = Limits(batch_lines=500, record_bytes=500_000, line_bytes=100_000)
    with Lander(world.url, limits) as alone:
        counts = alone.land_files(paths, 0.0)
    assert [one.quarantined for one in counts.values()] == [4, 2]
    ledger, kept = world.rows(LEDGER), world.rows(KEPT)
    for module in ("workers", "lander"):
        monkeypatch.setattr(f"orchestration.landing.{module}.WORTH_IT_BYTES", 1 << 20)
    assert workers.WORKERS > 1
    with Lander(world.url, limits) as together:
        together.land_files(paths, 0.0)
    assert (world.rows(LEDGER), world.rows(KEPT)) == (ledger * 2, kept)
