"""Langfuse: what its blob storage exports, and the Postgres tables of version 2.

A trace is a query; its root observation and its generations tell it too (`fct_query_parts` makes one
of them). Generations cost; retrievers, tools, guardrails are calls within. Scores of users are
feedback, those of anybody else evaluations. Rows of traces, observations and scores are told apart by
their fields; names in camelCase are the API's for the same. The page: `docs/sources/langfuse.md`.
"""

import re
from collections.abc import Mapping
from typing import Any

from orchestration.sources.arrays import split_values, tells_within
from orchestration.sources.database import Database
from orchestration.sources.langfuse.observations import Observation
from orchestration.sources.langfuse.rows import NAME, answered, asked, attributes, envelope, is_users
from orchestration.sources.langfuse.scores import score_line
from orchestration.sources.langfuse.tables import LOGS
from orchestration.sources.reading import first, inner, spoken
from orchestration.sources.source import Line, Source, has_keys


def lines(record: Any) -> list[Line] | None:
    if not isinstance(record, Mapping):
        return None
    said = _flat(record)
    if "start_time" in said and "type" in said:
        return list(Observation(said).lines())
    if "timestamp" in said and "name" in said and ("value" in said or "string_value" in said):
        return [score_line(said)]
    if "timestamp" in said and ("session_id" in said or "user_id" in said or "tags" in said):
        return [_trace(said)] if is_users(said) else []
    return None


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """One row, with names as the exports have them; out of the tables it comes with its trace."""
    if isinstance(record.get("observation"), Mapping):
        trace, prompt = record.get("trace"), record.get("prompt")
        own = _flat(record["observation"])
        around = {
            "user_id": inner(trace, "user_id"),
            "session_id": inner(trace, "session_id"),
            "trace_name": inner(trace, "name"),
            "release": inner(trace, "release"),
            "tags": inner(trace, "tags"),
            "prompt_name": inner(prompt, "name"),
            "prompt_version": inner(prompt, "version"),
        }
        return {**around, **own}
    return {_SNAKE.sub(r"_\1", name).lower(): value for name, value in record.items()}


_SNAKE = re.compile(r"(?<=[a-z0-9])([A-Z])")


def _trace(said: Mapping[str, Any]) -> Line:
    """It states no end, and how it ended only its observations know."""
    return spoken(
        {
            "kind": "query",
            **envelope(said, "timestamp"),
            "trace_id": said.get("id"),
            "query_id": said.get("id"),
            "status": "ok",
            "feature": first(said.get("name")),
            "assistant_version": first(said.get("version")),
            "query_text": asked(said.get("input")),
            "response_text": answered(said.get("output")),
            "attributes": attributes(said),
        }
    )


_tells = tells_within(
    has_keys("trace_id", "start_time", "project_id", "type"),
    has_keys("timestamp", "data_type", "source", "value"),
    has_keys("timestamp", "project_id", "bookmarked", "public"),
)

LANGFUSE = Source(NAME, _tells, lines, records=split_values, keeps=True)
TABLES = Database(LANGFUSE, LOGS)
