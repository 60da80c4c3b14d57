"""LiteLLM's own payloads: what the marts say of them is what the model's server knows.

Its proxy, which writes the spend table, needs binaries from elsewhere: the table's rows are written by
hand in `test_import_databases.py`.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from model_server import model_server
from systems_world import run

from orchestration.refresh.engine import refresh_all
from orchestration.sources.commands import import_

pytestmark = pytest.mark.long

CALLS, FAILED, EMBEDDED, CACHED = 12 + 3 + 1, 2, 3, 2


def test_the_marts_say_what_the_model_server_knows(
    built_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_DATABASE_URL", built_url)
    path = tmp_path / "payloads.jsonl"
    with model_server() as server:
        run("litellm_client.py", server.url, str(path))
        truth = server.truth
    payloads = [json.loads(line) for line in path.read_text().splitlines()]
    ran = CliRunner().invoke(import_, ["litellm", str(path), "--json"], catch_exceptions=False)
    (report,) = json.loads(ran.output)["files"]
    assert (report["quarantined"], report["conflict"]) == (0, 0)
    with psycopg.connect(built_url, autocommit=True) as session:
        refresh_all(session)

        def one(statement: str) -> Any:
            return session.execute(statement.encode()).fetchone()

        assert truth["requests"] == CALLS + FAILED + EMBEDDED
        assert one("select sum(queries), sum(errors) from marts.performance_overview") == (
            CALLS + FAILED + CACHED,
            truth["errors"],
        )
        used = one(
            """select sum(input_tokens), sum(cache_read_tokens), sum(output_tokens),
                   sum(reasoning_tokens), count(*) from core.fct_costs where call_type = 'generation'"""
        )
        names = ("input_tokens", "cache_read_tokens", "output_tokens", "reasoning_tokens")
        assert [int(count) for count in used] == [*(truth[name] for name in names), CALLS]
        embedded = "select sum(input_tokens) from core.fct_costs where call_type = 'embedding'"
        assert one(embedded) == (truth["embedding_tokens"],)
        # By the prices of litellm_client.py, in dollars a million tokens.
        prices = zip(used[:4], (Decimal(1), Decimal("0.5"), Decimal(2), Decimal(2)), strict=True)
        spent = sum(Decimal(tokens) * price for tokens, price in prices) / 10**6
        reported = one("select sum(reported_cost) from raw.cost_log where call_type = 'generation'")[0]
        assert round(reported, 9) == spent
        assert one("select count(*) from core.fct_queries where is_cache_hit") == (CACHED,)
        assert one("select count(distinct session_id) from core.fct_queries") == (3,)
        latencies = one("select array_agg(latency_ms order by latency_ms) from core.fct_queries")[0]
        turns = [one for one in payloads if one["call_type"] == "completion"]
        stated = sorted(1000 * (turn["endTime"] - turn["startTime"]) for turn in turns)
        assert latencies == pytest.approx(stated, abs=0.002)
        p50, p95 = one("select latency_p50_ms, latency_p95_ms from marts.performance_overview")
        place = [stated[-(-len(stated) * share // 100) - 1] for share in (50, 95)]
        assert [p50, p95] == pytest.approx(place, rel=0.0101)
        assert one("select sum(difference) from marts.reconciliation") == (0,)
        assert one("select field from landing.drift") is None
