"""Turns, calls of models and of tools: queries, costs and tools of the contract."""

from typing import Any

from orchestration.sources.leftovers import words
from orchestration.sources.otlp.conventions import FIRST_TOKEN, INTERFACES, PROVIDERS, TIERS
from orchestration.sources.otlp.envelope import ending, latency
from orchestration.sources.otlp.reading import Reading
from orchestration.sources.otlp.texts import answered, asked, parsed_json
from orchestration.sources.source import Line
from orchestration.sources.tokens import disjoint

_CALLS = ("generation", "embedding", "rerank", "other")
_MONEY_DIGITS = 12
# What a span says in our words.
_AS_SAID = frozenset({
    "model_requested", "assistant", "assistant_version", "prompt_name", "prompt_version",
})  # fmt: skip


def query_of(reading: Reading) -> list[Line]:
    span, said = reading.span, reading.said
    status, error_type, message = ending(reading)
    line = reading.envelope.copy()  # filled one by one: merging two costs twice as much
    line["kind"] = "query"
    line["query_id"] = reading.trace_id
    line["status"] = status
    line["operation"] = said.get("operation") or said.get("kind")
    line["provider"] = _provider(said)
    line["model"] = said.get("model") or said.get("model_requested")
    line["finish_reason"] = _finish_reason(said)
    line["latency_ms"] = latency(span)
    line["first_token_ms"] = _first_token(reading)
    line["query_text"] = asked(said, reading.lists, span.events)
    line["response_text"] = answered(said, reading.lists, span.events)
    if span.failed:
        line |= {"error_type": error_type, "error_message": message}
    if not _AS_SAID.isdisjoint(said):
        line |= {name: value for name, value in said.items() if name in _AS_SAID}
        if type(version := said.get("prompt_version")) is int:
            line["prompt_version"] = str(version)
    return [line]


def generation_of(reading: Reading) -> list[Line]:
    (query,) = query_of(reading)
    query["llm_ms"] = query["latency_ms"]
    return [query, *cost_of(reading)]


def cost_of(reading: Reading) -> list[Line]:
    """What failed before it used anything is billed nothing."""
    said = reading.said
    tokens = {
        name: count if type(count) is int else _whole(count)
        for name, count in said.items()
        if name in METERS and count is not None
    }
    if not tokens and reading.span.failed:
        return []
    cost = said.get("reported_cost")
    if type(cost) in (int, float) and cost == 0 and any(tokens.values()):
        cost = None  # so an instrumentation says that it knows no price
    tier = said.get("service_tier")
    line = reading.envelope.copy()
    line["kind"] = "cost"
    line["query_id"] = reading.trace_id
    line["call_type"] = reading.role if reading.role in _CALLS else "judge"
    line["provider"] = _provider(said)
    line["model"] = said.get("model") or said.get("model_requested")
    line["service_tier"] = None if tier is None else _tier(reading, tier)
    line["reported_cost"] = f"{cost:.{_MONEY_DIGITS}f}" if isinstance(cost, float) else cost
    line |= disjoint(tokens)
    return [line]


def _tier(reading: Reading, tier: Any) -> Any:
    """A word that no table knows is kept and counted, and refuses no cost."""
    if not isinstance(tier, str):
        return tier
    if tier.lower() not in TIERS:
        reading.left.unknown["service tier"] = words("service tier", tier)
    return TIERS.get(tier.lower())


METERS = frozenset({
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "audio_input_tokens",
    "image_input_tokens", "output_tokens", "reasoning_tokens", "audio_output_tokens",
})  # fmt: skip


def _whole(count: Any) -> Any:
    return int(count) if isinstance(count, float) and count.is_integer() else count


def _provider(said: Line) -> Any:
    provider = said.get("provider")
    if not isinstance(provider, str):
        return provider
    name = provider.lower()
    if name.endswith(INTERFACES):
        name = provider = name.rpartition(".")[0]
    return PROVIDERS.get(name, provider)


def _finish_reason(said: Line) -> Any:
    if "finish_reason" not in said:
        return None
    reasons = parsed_json(said["finish_reason"])
    return (reasons[0] if reasons else None) if isinstance(reasons, list) else reasons


def _first_token(reading: Reading) -> Any:
    start = reading.span.start_ns
    said = reading.said
    if "first_chunk_s" in said or "first_chunk_ms" in said or "first_token" in said:
        return _first_chunk(said)
    for event in reading.span.events:
        if event.name in FIRST_TOKEN and isinstance(event.at_ns, int) and isinstance(start, int):
            return max(0, event.at_ns - start) // 1000 / 1000
    return None


def _first_chunk(said: Line) -> Any:
    """Seconds, as OpenTelemetry has it; milliseconds of the AI SDK, and whole ones of Strands."""
    milliseconds, seconds = said.get("first_chunk_ms"), said.get("first_chunk_s")
    if seconds is None and type(said.get("first_token")) is int:
        milliseconds = said["first_token"]
    elif seconds is None:
        seconds = said.get("first_token")
    if seconds is None:
        return milliseconds
    return seconds * 1000 if isinstance(seconds, int | float) else seconds


def tool_of(reading: Reading) -> list[Line]:
    status, error_type, _ = ending(reading)
    line = {
        **reading.envelope,
        "kind": "tool",
        "query_id": reading.trace_id,
        "agent": reading.said.get("assistant"),
        "tool": reading.said.get("tool") or reading.said.get("data_source") or reading.span.name,
        "status": "ok" if status == "ok" else "error",
        "error_type": error_type,
        "latency_ms": latency(reading.span),
    }
    return [line]
