"""Real clients, a stand-in for the model, `assay receive`: what the marts say is what the server knows.

`make sources` installs the clients and runs it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from model_server import model_server
from operator_world import until
from receiver_world import receiving

pytestmark = pytest.mark.long

CLIENT = Path(__file__).with_name("client.py")
TURNS = 12 + 3 + 2 + 2
CALLS = 12 + 3 + 2 * 2


@pytest.mark.parametrize(
    ("convention", "settings", "by_kind"),
    [
        ("openinference", {}, True),
        # These write the whole of a prompt and an answer, and nothing of what they consist of.
        ("otel", {}, False),
        ("otel", {"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
                  "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "span_only"}, False),
    ],
    ids=["openinference", "the older GenAI conventions", "the newest GenAI conventions"],
)  # fmt: skip
def test_the_marts_say_what_the_model_server_knows(
    built_url: str, convention: str, settings: dict[str, str], by_kind: bool
) -> None:
    with model_server() as server, receiving(built_url) as receiver:
        command = [sys.executable, str(CLIENT), convention, server.url,
                   f"http://127.0.0.1:{receiver.port}"]  # fmt: skip
        ran = subprocess.run(
            command, env={**os.environ, **settings}, check=True, capture_output=True, timeout=300
        )
        truth, turns = server.truth, sorted(json.loads(ran.stdout)["turns"])
        with psycopg.connect(built_url, autocommit=True) as session:

            def one(statement: str) -> Any:
                return session.execute(statement.encode()).fetchone()

            until(
                lambda: (
                    one("select count(*) from core.fct_costs")[0] == CALLS + 3
                    and one("select count(*) from core.fct_queries")[0] == TURNS
                ),
                "all of it in the facts",
            )
            queries, errors, status = one(
                """select sum(queries), sum(errors), min(latency_p50_ms)
                   from marts.performance_overview"""
            )
            assert (queries, errors) == (TURNS, truth["errors"])
            used = one(
                """select sum(input_tokens), sum(cache_read_tokens), sum(output_tokens),
                       sum(reasoning_tokens)
                   from core.fct_costs where call_type = 'generation'"""
            )
            known = [truth[name] for name in ("input_tokens", "cache_read_tokens", "output_tokens",
                                              "reasoning_tokens")]  # fmt: skip
            if by_kind:
                assert [int(count) for count in used] == known
            assert [int(used[0] + used[1]), int(used[2] + used[3])] == [
                known[0] + known[1],
                known[2] + known[3],
            ]
            embedded = one("select sum(input_tokens) from core.fct_costs where call_type = 'embedding'")
            assert embedded[0] == truth["embedding_tokens"]
            assert one("select sum(difference) from marts.reconciliation")[0] == 0
            assert one("select sum(parts) from marts.reconciliation")[0] == 2 * 2
            exact = one("select array_agg(latency_ms order by latency_ms) from core.fct_queries")[0]
            assert exact == pytest.approx(turns, abs=0.002)
            p50, p95 = one("select latency_p50_ms, latency_p95_ms from marts.performance_overview")
            place = [turns[-(-len(turns) * share // 100) - 1] for share in (50, 95)]
            assert [p50, p95] == pytest.approx(place, rel=0.0101)
            assert status is not None
            assert one("select count(*) from landing.quarantine")[0] == 0
            assert one("select field from landing.drift") is None
