"""A trace of Langfuse is one query of the marts, in whatever order its rows come."""

import json
from typing import Any

import psycopg
import pytest
from landing_world import World

from orchestration.refresh.engine import refresh_all

TRACE = {
    "id": "t-1", "timestamp": "2026-03-01 10:00:00.000000", "name": "chat", "project_id": "p",
    "user_id": "ana", "session_id": "s-1", "tags": [], "bookmarked": False, "public": False,
}  # fmt: skip
ROOT = {
    "id": "o-0", "trace_id": "t-1", "project_id": "p", "type": "SPAN", "name": "root", "level": "ERROR",
    "start_time": "2026-03-01 10:00:00.100000", "end_time": "2026-03-01 10:00:02.100000",
}  # fmt: skip
GENERATION = {
    "id": "o-1", "trace_id": "t-1", "project_id": "p", "type": "GENERATION", "level": "DEFAULT",
    "parent_observation_id": "o-0", "start_time": "2026-03-01 10:00:00.500000",
    "end_time": "2026-03-01 10:00:01.500000", "completion_start_time": "2026-03-01 10:00:00.700000",
    "provided_model_name": "gpt-4o", "prompt_name": "answer", "prompt_version": 3,
    "usage_details": {"input": 30, "output": 10, "total": 40}, "total_cost": 0.002,
}  # fmt: skip
SCORE = {
    "id": "sc-1", "timestamp": "2026-03-01 11:00:00.000000", "project_id": "p", "trace_id": "t-1",
    "name": "user-feedback", "value": 0, "source": "API", "data_type": "NUMERIC",
}  # fmt: skip
ROWS: list[dict[str, Any]] = [TRACE, ROOT, GENERATION, SCORE]


@pytest.mark.parametrize("order", [(3, 2, 1, 0)])
def test_a_trace_is_one_query(built_url: str, tmp_path: Any, order: tuple[int, ...]) -> None:
    world = World(built_url, tmp_path)
    with psycopg.connect(built_url, autocommit=True) as session:
        for place in order:
            path = world.write(f"{place}.jsonl", json.dumps(ROWS[place]).encode())
            assert world.land(path).quarantined == 0
            refresh_all(session)
        differing = session.execute(
            "select count(*) from ops.differences('analytics') where missing + surplus > 0"
        ).fetchone()
    facts = world.rows(
        """select query_id, status, latency_ms, first_token_ms, llm_ms, model, feature, prompt_version,
               session_id, subject_ref is not null, line_count, negative_feedback
           from core.fct_queries"""
    )
    # From the trace's beginning to the end of its root, which says how it ended.
    assert facts == [("t-1", "error", 2100, 700, 1000, "gpt-4o", "chat", "3", "s-1", True, 3, 1)]
    overview = "select queries, errors, input_tokens, output_tokens from marts.performance_overview"
    assert world.rows(overview) == [(1, 1, 30, 10)]
    assert world.rows("select negative, signals from marts.feedback_analysis") == [(1, 1)]
    assert world.value("select sum(difference) from marts.reconciliation") == 0
    assert differing == (0,)
