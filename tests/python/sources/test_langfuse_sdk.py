"""Langfuse's own SDK, with `assay receive` for its server: the marts say what the model knows."""

import psycopg
import pytest
from model_server import model_server
from operator_world import until
from receiver_world import receiving
from systems_world import Marts, run

pytestmark = pytest.mark.long

TURNS = 12 + 3 + 2 + 2
CALLS, EMBEDDED, RETRIEVALS = 12 + 3 + 2 * 2, 3, 2


def test_the_marts_say_what_the_model_server_knows(built_url: str) -> None:
    with model_server() as server, receiving(built_url) as receiver:
        run("langfuse_client.py", server.url, f"http://127.0.0.1:{receiver.port}")
        with psycopg.connect(built_url, autocommit=True) as session:
            marts = Marts(session)
            one = marts.one
            until(
                lambda: (
                    one("select count(*) from core.fct_costs")[0] == CALLS + EMBEDDED
                    and one("select count(*) from core.fct_queries")[0] == TURNS
                    and one("select count(*) from core.fct_feedback")[0] == 2
                ),
                "all of it in the facts",
            )
            marts.are_as(server.truth, TURNS, CALLS)
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
