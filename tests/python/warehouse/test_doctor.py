"""What doctor says of the marts is what the marts say: columns that nothing can fill are empty."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from landing_world import World, query

from orchestration.refresh.engine import refresh_all
from orchestration.sources.doctor import ROWS, Finding, examine, marts_of

NOTHING = {None, 0, "", "not_judged", "(none)"}


def line(kind: str, event_id: str, **fields: Any) -> bytes:
    base = {"kind": kind, "event_id": event_id, "ts": "2026-03-01T10:00:00Z"}
    return json.dumps({**base, **fields}).encode()


def looked_at(world: World, manifest_file: Path, *lines: bytes) -> dict[str, Finding]:
    world.land(world.write(f"{len(lines)}.jsonl", *lines))
    with psycopg.connect(world.url, autocommit=True) as connection:
        refresh_all(connection)
        return {found.mart.name: found for found in examine(connection, manifest_file)}


def values(world: World, found: Finding, column: str) -> Iterable[Any]:
    return [
        one for (one,) in world.rows(f'select "{column}" from {found.mart.schema}.{found.mart.name}')
    ]


@pytest.mark.usefixtures("manifest")
def test_what_nothing_fills_is_named_with_its_source_and_is_empty(
    built_url: str, tmp_path: Path, manifest_file: Path
) -> None:
    world = World(built_url, tmp_path)
    some = {"source": "litellm", "model": "m", "provider": "p", "user_id": "ana", "session_id": "s"}
    found = looked_at(
        world,
        manifest_file,
        query("q-1", latency_ms=100, **some),
        query("q-2", latency_ms=300, status="error", **some),
        line("cost", "c-1", query_id="q-1", source="litellm", model="m", provider="p", input_tokens=3),
    )
    assert len(found) == len(marts_of(json.loads(manifest_file.read_text())))
    overview = found["performance_overview"]
    assert overview.state == "partly"
    assert overview.missing["first_token_p95_ms"] == "litellm never says query.first_token_ms"
    assert overview.missing["output_tokens"] == "litellm never says cost.output_tokens"
    assert "latency_p95_ms" not in overview.missing
    assert found["feedback_analysis"].state == "empty"
    assert found["feedback_analysis"].missing == {
        ROWS: "no source sends feedback lines; litellm cannot"
    }
    assert found["model_usage"].missing["surface"] == "litellm cannot say query.surface"
    assert found["user_engagement"].state == "filled"
    for one in found.values():
        empty = set(one.mart.needs) - {ROWS} if one.state == "empty" else set(one.missing)
        for column in empty:
            assert not {*values(world, one, column)} - NOTHING, (one.mart.name, column)


@pytest.mark.usefixtures("manifest")
def test_what_is_logged_is_no_longer_asked_for(
    built_url: str, tmp_path: Path, manifest_file: Path
) -> None:
    found = looked_at(
        World(built_url, tmp_path),
        manifest_file,
        query("q-1", source="shop", query_text="Why?", first_token_ms=5, surface="panel"),
        query("q-2", source="litellm"),
        line("retrieval", "r-1", query_id="q-1", result_count=1, data_source="kb",
             documents=[{"doc_id": "d", "score": 0.5, "cited": True}]),
        line("guardrail", "g-1", query_id="q-1", guardrail="pii", verdict="pass"),
    )  # fmt: skip
    assert "first_token_p95_ms" not in found["performance_overview"].missing
    assert "tier" not in found["complexity_analysis"].missing
    retrievals = found["retrieval_quality"]
    assert retrievals.state == "partly"
    assert set(retrievals.missing) == {
        "index_version", "avg_top_rerank_score", "in_context_rate", "latency_p95_ms",
    }  # fmt: skip
    assert found["safety_metrics"].missing["category"] == "native never says guardrail.category"


@pytest.mark.usefixtures("manifest")
def test_marts_name_the_source_that_leaves_something_out(built_url: str, tmp_path: Path) -> None:
    """`nothing to judge` sent people looking for a fault; LiteLLM has no word for feedback."""
    world = World(built_url, tmp_path)
    said = {"workspace": "lab", "query_id": "q-2"}
    world.land(
        world.write(
            "a.jsonl",
            query("q-1", source="litellm", workspace="shop"),
            query("q-2", source="litellm", workspace="lab"),
            line("feedback", "f-1", type="thumb", value=1, **said),
        )
    )
    with psycopg.connect(world.url, autocommit=True) as connection:
        refresh_all(connection)
    judged = "select workspace, {} from marts.{} order by workspace"
    assert world.rows(judged.format("cost_not_judged_because", "performance_overview")) == [
        ("lab", "not_said_by: litellm, native"),
        ("shop", "not_said_by: litellm"),
    ]
    assert world.rows(judged.format("feedback_not_judged_because", "complexity_analysis")) == [
        ("lab", "too_few"),
        ("shop", "not_said_by: litellm"),
    ]
    assert world.rows(
        "select not_judged_because, to_log is not null from marts.metric_coverage"
        " where workspace = 'shop' and metric_family = 'feedback'"
    ) == [("not_said_by: litellm", True)]
