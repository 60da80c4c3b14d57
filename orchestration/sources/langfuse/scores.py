"""Scores: feedback where users gave them, evaluations of anybody else."""

from collections.abc import Mapping
from typing import Any

from orchestration.sources.langfuse.rows import envelope
from orchestration.sources.ratings import in_words, is_by_users, rated, thumb
from orchestration.sources.reading import UNSTATED, decimal_of, first, spoken
from orchestration.sources.source import Line


def score_line(said: Mapping[str, Any]) -> Line:
    value = decimal_of(said.get("value"))
    label = first(said.get("string_value"))
    kind = _feedback_kind(said, value, label)
    if kind is not None:
        return spoken(
            {
                "kind": "feedback",
                **envelope(said, "timestamp"),
                "query_id": first(said.get("trace_id")),
                **kind,
                "comment": first(said.get("comment")),
                "attributes": _named(said),
            }
        )
    in_session = not said.get("trace_id") and said.get("session_id")
    boolean = said.get("data_type") == "BOOLEAN"
    is_number = value is not None and said.get("data_type") not in ("CATEGORICAL", "TEXT", "CORRECTION")
    return spoken(
        {
            "kind": "evaluation",
            **envelope(said, "timestamp"),
            "target_type": "session" if in_session else "query",
            "target_id": first(said.get("trace_id"), said.get("session_id")),
            "evaluator": first(said.get("name")),
            "evaluator_version": first(said.get("config_id"), UNSTATED),
            "metrics": {str(said.get("name")): value} if is_number else {},
            "label": None if boolean else label,
            "explanation": first(said.get("comment")),
            "attributes": _named(said),
        }
    )


def _feedback_kind(said: Mapping[str, Any], value: Any, label: Any) -> Line | None:
    """What a user's score is; None where it is an evaluation."""
    name = said.get("name")
    if str(said.get("source")).upper() != "API" or not is_by_users(name):
        return None
    if said.get("data_type") == "CATEGORICAL" or value is None:
        return in_words(label)
    return thumb(value) if said.get("data_type") == "BOOLEAN" else rated(name, value)


def _named(said: Mapping[str, Any]) -> Line:
    return spoken(
        {
            "score": said.get("name"),
            "score_source": said.get("source"),
            "observation_id": first(said.get("observation_id")),
            "data_type": said.get("data_type"),
        }
    )
