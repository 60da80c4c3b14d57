"""Langfuse's own SDK, with `assay receive` for its server: the marts say what the model knows."""

from typing import Any

import psycopg
import pytest
from model_server import model_server
from operator_world import until
from receiver_world import receiving
from systems_world import run

pytestmark = pytest.mark.long

TURNS = 12 + 3 + 2 + 2
CALLS, EMBEDDED, RETRIEVALS = 12 + 3 + 2 * 2, 3, 2


def test_the_marts_say_what_the_model_server_knows(built_url: str) -> None:
    with model_server() as server, receiving(built_url) as receiver:
        run("langfuse_client.py", server.url, f"http://127.0.0.1:{receiver.port}")
        truth = server.truth
        with psycopg.connect(built_url, autocommit=True) as session:

            def one(statement: str) -> Any:
                return session.execute(statement.encode()).fetchone()

            until(
                lambda: (
                    one("select count(*) from core.fct_costs")[0] == CALLS + EMBEDDED
                    and one("select count(*) from core.fct_queries")[0] == TURNS
                    and one("select count(*) from core.fct_feedback")[0] == 2
                ),
                "all of it in the facts",
            )
            assert one("select sum(queries), sum(errors) from marts.performance_overview") == (
                TURNS,
                truth["errors"],
            )
            used = one(
                """select sum(input_tokens), sum(cache_read_tokens), sum(output_tokens),
                       sum(reasoning_tokens) from core.fct_costs where call_type = 'generation'"""
            )
            names = ("input_tokens", "cache_read_tokens", "output_tokens", "reasoning_tokens")
            assert [int(count) for count in used] == [truth[name] for name in names]
            embedded = "select sum(input_tokens) from core.fct_costs where call_type = 'embedding'"
            assert one(embedded) == (truth["embedding_tokens"],)
            assert one("select sum(retrievals) from marts.retrieval_quality") == (RETRIEVALS,)
            assert one("select sum(positive), sum(negative) from marts.feedback_analysis") == (1, 1)
            assert one("select metrics ->> 'faithfulness' from raw.evaluation_log") == ("0.5",)
            assert one("select count(*) from raw.tool_log where tool = 'lookup'") == (2,)
            assert one(
                """select count(distinct subject_ref), count(distinct session_id), count(*)
                   filter (where first_token_ms > 0) from core.fct_queries"""
            ) == (5, 3, 3)
            assert one("select distinct environment, release, source from raw.query_log") == (
                "production",
                "7",
                "langfuse",
            )
            assert one("select sum(difference) from marts.reconciliation") == (0,)
            assert one("select reason from landing.quarantine") is None
            assert one("select field from landing.drift") is None
