"""Langfuse: what its blob storage exports, and the Postgres tables of version 2.

A trace is a query; its root observation and its generations tell it too (`fct_query_parts` makes one
of them). Generations cost; retrievers, tools, guardrails are calls within. Scores of users are
feedback, those of anybody else evaluations. Rows of traces, observations and scores are told apart by
their fields; names in camelCase are the API's for the same. The page: `docs/sources/langfuse.md`.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

from orchestration.sources.arrays import split_values
from orchestration.sources.database import Database, Log
from orchestration.sources.leftovers import Leftovers
from orchestration.sources.reading import (
    asked_in,
    counted,
    decimal_of,
    first,
    inner,
    milliseconds,
    money,
    spoken,
    text_of,
    unpacked,
    when,
)
from orchestration.sources.source import Line, Source, has_keys

NAME = "langfuse"
UNSTATED = "unstated"

# Names of `usage_details`, of OpenAI, Anthropic, Google and LangChain as Langfuse writes them down.
_METERS = {
    "input": "input_tokens", "input_tokens": "input_tokens", "prompt_tokens": "input_tokens",
    "output": "output_tokens", "output_tokens": "output_tokens", "completion_tokens": "output_tokens",
    "input_cached_tokens": "cache_read_tokens", "input_cached": "cache_read_tokens",
    "input_cache_read": "cache_read_tokens", "cache_read_input_tokens": "cache_read_tokens",
    "input_cached_content_token_count": "cache_read_tokens",
    "input_cache_creation": "cache_write_tokens", "cache_creation_input_tokens": "cache_write_tokens",
    "input_cache_creation_5m": "cache_write_tokens", "input_cache_write": "cache_write_tokens",
    "input_cache_creation_1h": "cache_write_1h_tokens",
    "input_audio_tokens": "audio_input_tokens", "input_audio": "audio_input_tokens",
    "input_image_tokens": "image_input_tokens", "input_image": "image_input_tokens",
    "output_reasoning_tokens": "reasoning_tokens", "output_reasoning": "reasoning_tokens",
    "reasoning_tokens": "reasoning_tokens", "thoughts_token_count": "reasoning_tokens",
    "output_audio_tokens": "audio_output_tokens", "output_audio": "audio_output_tokens",
}  # fmt: skip
_TOTALS = ("total", "total_tokens")
_WHOLES = {"input_tokens": "input", "output_tokens": "output"}
_CALLS = {
    "GENERATION": "generation",
    "EMBEDDING": "embedding",
    "EVALUATOR": "judge",
    "GUARDRAIL": "judge",
}
_TURNS = ("SPAN", "AGENT", "CHAIN")
_VERDICTS = {
    "pass": "pass", "passed": "pass", "true": "pass", "safe": "pass", "allow": "pass",
    "flag": "flag", "flagged": "flag", "block": "block", "blocked": "block", "fail": "block",
    "false": "block", "unsafe": "block", "deny": "block", "mask": "mask", "masked": "mask",
}  # fmt: skip
# Scores that users give, by their names; the rest is somebody's judgement.
_BY_USERS = re.compile(r"(?:^|[^a-z])(?:user|thumbs?|feedback|ratings?|stars?|csat|likes?)(?:$|[^a-z])")
_STARS = re.compile(r"ratings?|stars?|csat")

_KEPT = ("tags", "bookmarked", "trace_name", "parent_observation_id", "model_parameters", "version")
_READ = frozenset(
    {
        "id",
        "trace_id",
        "project_id",
        "environment",
        "type",
        "start_time",
        "end_time",
        "name",
        "metadata",
        "level",
        "status_message",
        "input",
        "output",
        "provided_model_name",
        "model",
        "internal_model",
        "internal_model_id",
        "model_id",
        "usage_details",
        "cost_details",
        "provided_usage_details",
        "provided_cost_details",
        "usage",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "unit",
        "total_cost",
        "input_cost",
        "output_cost",
        "calculated_total_cost",
        "calculated_input_cost",
        "calculated_output_cost",
        "input_price",
        "output_price",
        "total_price",
        "completion_start_time",
        "latency",
        "time_to_first_token",
        "prompt_id",
        "prompt_name",
        "prompt_version",
        "user_id",
        "session_id",
        "release",
        "public",
        "timestamp",
        "created_at",
        "updated_at",
        "event_ts",
        "is_deleted",
        "external_id",
        "usage_pricing_tier_id",
        "usage_pricing_tier_name",
        "tool_definitions",
        "tool_calls",
        "tool_call_names",
        "total",
    }
)


def lines(record: Any) -> list[Line] | None:
    if not isinstance(record, Mapping):
        return None
    said = _flat(record)
    if "start_time" in said and "type" in said:
        return list(_Observation(said).lines())
    if "timestamp" in said and "name" in said and ("value" in said or "string_value" in said):
        return [_score(said)]
    if "timestamp" in said and ("session_id" in said or "user_id" in said or "tags" in said):
        return [_trace(said)]
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


def _envelope(said: Mapping[str, Any], moment: str) -> Line:
    return {
        "event_id": said.get("id"),
        "ts": when(said.get(moment)),
        "source": NAME,
        "environment": first(said.get("environment")),
        "release": first(said.get("release")),
        "project": first(said.get("project_id")),
        "trace_id": first(said.get("trace_id")),
        "session_id": first(said.get("session_id")),
        "user_id": first(said.get("user_id")),
    }


def _trace(said: Mapping[str, Any]) -> Line:
    """It states no end, and how it ended only its observations know."""
    return spoken(
        {
            "kind": "query",
            **_envelope(said, "timestamp"),
            "trace_id": said.get("id"),
            "query_id": said.get("id"),
            "status": "ok",
            "feature": first(said.get("name")),
            "assistant_version": first(said.get("version")),
            "query_text": _asked(said.get("input")),
            "response_text": _answered(said.get("output")),
            "attributes": _attributes(said),
        }
    )


class _Observation:
    def __init__(self, said: Mapping[str, Any]) -> None:
        self.said = said
        self.type = str(said.get("type")).upper()
        self.query_id = first(said.get("trace_id"), said.get("id"))
        self.usage = _Usage(said)
        self.failed = said.get("level") == "ERROR"
        self.latency = milliseconds(said.get("start_time"), said.get("end_time"))

    def lines(self) -> Iterator[Line]:
        """The first of them carries what no field takes."""
        made = list(self._lines())
        if made:
            made[0]["attributes"] = _attributes(self.said, self.usage.unknown)
        yield from map(spoken, made)

    def _lines(self) -> Iterator[Line]:
        is_root = not self.said.get("parent_observation_id")
        if self.type == "GENERATION" or (self.type in _TURNS and is_root):
            yield self.query()
        elif self.type == "TOOL" or self.type == "AGENT":
            yield self.tool()
        elif self.type == "RETRIEVER":
            yield self.retrieval()
        elif self.type == "GUARDRAIL":
            yield self.guardrail()
        if self.type in _CALLS and (self.usage.tokens or self.usage.cost is not None):
            yield self.cost()

    def envelope(self) -> Line:
        said = self.said
        return {
            **_envelope(said, "start_time"),
            "span_id": said.get("id"),
            "parent_span_id": first(said.get("parent_observation_id")),
        }

    def query(self) -> Line:
        said = self.said
        is_call = self.type == "GENERATION"
        return {
            "kind": "query",
            **self.envelope(),
            "query_id": self.query_id,
            "status": "error" if self.failed else "ok",
            "error_message": first(said.get("status_message")) if self.failed else None,
            "feature": first(said.get("trace_name")),
            "operation": self.type.lower(),
            "model": _model(said) if is_call else None,
            "prompt_name": first(said.get("prompt_name")),
            "prompt_version": _text(said.get("prompt_version")),
            "assistant_version": first(said.get("version")),
            "latency_ms": self.latency,
            "llm_ms": self.latency if is_call else None,
            "first_token_ms": milliseconds(said.get("start_time"), said.get("completion_start_time")),
            "context_tokens": self.usage.context if is_call else None,
            "query_text": _asked(said.get("input")),
            "response_text": _answered(said.get("output")),
        }

    def cost(self) -> Line:
        return {
            "kind": "cost",
            **self.envelope(),
            "query_id": self.query_id,
            "call_type": _CALLS[self.type],
            "model": _model(self.said),
            "reported_cost": self.usage.cost,
            **self.usage.tokens,
        }

    def tool(self) -> Line:
        return {
            "kind": "tool",
            **self.envelope(),
            "query_id": self.query_id,
            "tool": first(self.said.get("name")),
            "agent": first(self.said.get("name")) if self.type == "AGENT" else None,
            "status": "error" if self.failed else "ok",
            "latency_ms": self.latency,
        }

    def retrieval(self) -> Line:
        found = _documents(self.said.get("output"))
        return {
            "kind": "retrieval",
            **self.envelope(),
            "query_id": self.query_id,
            "retriever": first(self.said.get("name")),
            "status": "error" if self.failed else "ok",
            "latency_ms": self.latency,
            "result_count": 0
            if self.failed and found is None
            else None
            if found is None
            else len(found),
            "documents": found or None,
            "query_text": _asked(self.said.get("input")),
        }

    def guardrail(self) -> Line:
        """A check whose verdict nobody can read is refused rather than counted as passed."""
        said = unpacked(self.said.get("output"))
        word = first(inner(said, "verdict"), inner(said, "action"), inner(said, "passed"), said)
        return {
            "kind": "guardrail",
            **self.envelope(),
            "query_id": self.query_id,
            "guardrail": first(self.said.get("name")),
            "verdict": "error" if self.failed else _VERDICTS.get(str(word).strip().lower()),
            "latency_ms": self.latency,
        }


class _Usage:
    """What an observation used. Counts that hold one another are told by their total."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        details = unpacked(first(said.get("usage_details"), said.get("usage")) or {})
        if not details and said.get("unit") in (None, "TOKENS"):
            names = ("prompt_tokens", "completion_tokens", "total_tokens")
            details = {name: said[name] for name in names if said.get(name)}
        self.unknown: dict[str, Any] = {}
        self.tokens: dict[str, Any] = {}
        total = None
        for name, value in details.items() if isinstance(details, Mapping) else ():
            if name in _TOTALS:
                total = counted(value)
            else:
                self._add(name, value)
        self._part(total)
        costs = unpacked(said.get("cost_details"))
        self.cost = money(
            first(said.get("total_cost"), inner(costs, "total"), said.get("calculated_total_cost"))
        )
        counts = [value for value in self.tokens.values() if isinstance(value, int)]
        spoken_of = ("output_tokens", "reasoning_tokens", "audio_output_tokens")
        answer = sum(
            self.tokens.get(name) or 0 for name in spoken_of if isinstance(self.tokens.get(name), int)
        )
        self.context = sum(counts) - answer if counts else None

    def _add(self, name: str, value: Any) -> None:
        count = counted(value)
        meter = _METERS.get(name)
        if meter is None:
            # A kind of token that is new here: billed with those that it is named after.
            meter = "input_tokens" if name.startswith("input") else None
            meter = "output_tokens" if name.startswith("output") else meter
            self.unknown[f"usage_details.{name}"] = value
            if meter is None:
                return
        known = self.tokens.get(meter)
        both = isinstance(known, int) and isinstance(count, int)
        self.tokens[meter] = known + count if both else count

    def _part(self, total: Any) -> None:
        counts = self.tokens
        if not isinstance(total, int) or not all(isinstance(value, int) for value in counts.values()):
            return
        if (
            counts.get("input_tokens", 0) + counts.get("output_tokens", 0) != total
            or sum(counts.values()) == total
        ):
            return
        for whole, side in _WHOLES.items():
            parts = [value for name, value in counts.items() if _SIDES.get(name) == side]
            rest = counts.get(whole, 0) - sum(parts)
            if whole in counts and rest >= 0:
                counts[whole] = rest


_SIDES = {
    "cache_read_tokens": "input", "cache_write_tokens": "input", "cache_write_1h_tokens": "input",
    "audio_input_tokens": "input", "image_input_tokens": "input", "reasoning_tokens": "output",
    "audio_output_tokens": "output",
}  # fmt: skip


def _score(said: Mapping[str, Any]) -> Line:
    value = decimal_of(said.get("value"))
    label = first(said.get("string_value"))
    kind = _feedback_kind(said, value, label)
    if kind is not None:
        return spoken(
            {
                "kind": "feedback",
                **_envelope(said, "timestamp"),
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
            **_envelope(said, "timestamp"),
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
    """What a user's score is; a word without a number is a reason."""
    name = str(said.get("name")).lower()
    if str(said.get("source")).upper() != "API" or not _BY_USERS.search(name):
        return None
    if said.get("data_type") == "CATEGORICAL" or value is None:
        return {"type": "text", "reasons": [label] if label else None}
    if _STARS.search(name) or value > 1:
        return {"type": "stars", "value": value}
    # Thumbs are -1 and 1, or 0 and 1.
    return {"type": "thumb", "value": 1 if value == 1 else -1 if value in (0, -1) else value}


def _named(said: Mapping[str, Any]) -> Line:
    return spoken(
        {
            "score": said.get("name"),
            "score_source": said.get("source"),
            "observation_id": first(said.get("observation_id")),
            "data_type": said.get("data_type"),
        }
    )


def _attributes(said: Mapping[str, Any], unknown: Mapping[str, Any] | None = None) -> Line | None:
    kept = Leftovers()
    for name, value in said.items():
        if value in (None, "", [], {}) or name in _READ:
            continue
        kept.keep(name, unpacked(value), known=name in _KEPT)
    metadata = unpacked(said.get("metadata"))
    for name, value in metadata.items() if isinstance(metadata, Mapping) else ():
        if value not in (None, "", [], {}) and name not in ("resourceAttributes", "scope"):
            kept.keep(f"metadata.{name}", value, known=True)
    for name, value in (unknown or {}).items():
        kept.keep(name, value, known=False)
    return kept.attributes()


def _model(said: Mapping[str, Any]) -> Any:
    return first(said.get("provided_model_name"), said.get("model"), said.get("internal_model"))


def _asked(value: Any) -> str | None:
    value = unpacked(value)
    return asked_in(value) or text_of(value)


def _answered(value: Any) -> str | None:
    value = unpacked(value)
    if isinstance(value, Mapping) and isinstance(value.get("choices"), list) and value["choices"]:
        value = value["choices"][0]
    return text_of(first(inner(value, "message"), value))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _documents(value: Any) -> list[Line] | None:
    """A list of passages, in whatever words; None where the output is no list."""
    found = unpacked(value)
    if isinstance(found, Mapping):
        found = first(found.get("documents"), found.get("results"), found.get("output"))
    if not isinstance(found, list):
        return None
    return [
        spoken(
            {
                "doc_id": _text(
                    first(
                        inner(one, "id"), inner(one, "doc_id"), inner(one, "metadata", "id"), f"#{rank}"
                    )
                ),
                "rank": rank,
                "score": first(inner(one, "score"), inner(one, "metadata", "score")),
                "text": text_of(
                    first(inner(one, "page_content"), inner(one, "content"), inner(one, "text"), one)
                ),
            }
        )
        for rank, one in enumerate(found, start=1)
    ]


_TELLS = (
    has_keys("trace_id", "start_time", "project_id", "type"),
    has_keys("timestamp", "data_type", "source", "value"),
    has_keys("timestamp", "project_id", "bookmarked", "public"),
)


def _tells(head: bytes) -> bool:
    if head.lstrip().startswith(b"["):
        head = head.lstrip()[1:].replace(b"\n", b" ")
    return any(tells(head) for tells in _TELLS)


LANGFUSE = Source(NAME, _tells, lines, records=split_values)

# Rows are changed while a call goes on, and for a while behind it: by then they are at rest.
_SETTLED = dt.timedelta(minutes=10)
TABLES = Database(
    LANGFUSE,
    (
        Log(
            name="traces",
            needs="traces",
            select="select to_json(traces) as said, traces.timestamp as moment from traces",
            texts=("input", "output", "metadata"),
            settled=_SETTLED,
        ),
        Log(
            name="observations",
            needs="observations",
            select="""select
                    json_build_object(
                        'observation', to_jsonb(observations),
                        'trace', to_jsonb(traces) - 'input' - 'output' - 'metadata',
                        'prompt', to_jsonb(prompts) - 'prompt' - 'config'
                    ) as said,
                    observations.start_time as moment
                from observations
                left join traces on observations.trace_id = traces.id
                left join prompts on observations.prompt_id = prompts.id
                where observations.end_time is not null
                    or observations.start_time < now() - interval '1 hour'""",
            texts=("observation.input", "observation.output", "observation.metadata"),
            settled=_SETTLED,
        ),
        Log(
            name="scores",
            needs="scores",
            select="select to_json(scores) as said, scores.timestamp as moment from scores",
            texts=("comment",),
            settled=_SETTLED,
        ),
    ),
)
