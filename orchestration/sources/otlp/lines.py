"""What a span becomes: lines of the contract.

Each span is translated by itself. The id of its trace is the id of its query, so that spans of a turn
meet in the warehouse in whatever order and batches they come.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Any

import msgspec

from orchestration.landing.contract import KINDS
from orchestration.sources.langfuse.spans import OBSERVED, span_lines
from orchestration.sources.otlp.conventions import (
    CANCELLED,
    EVALUATED,
    EXCEPTION,
    FIRST_TOKEN,
    PROVIDERS,
    TIERS,
    VERDICTS,
)
from orchestration.sources.otlp.reading import Reading, envelope_of, known_id, read
from orchestration.sources.otlp.spans import Span
from orchestration.sources.otlp.texts import answered, asked, parsed_json, plain
from orchestration.sources.reading import UNSTATED
from orchestration.sources.source import Line

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FIELDS = {kind: frozenset(struct.__struct_fields__) for kind, struct in KINDS.items()}
_CALLS = ("generation", "embedding", "rerank", "other")
_TEXT_ID_BYTES = 16
_MONEY_DIGITS = 12


def lines_of(spans: Iterable[Any]) -> Iterator[Line]:
    for span in spans:
        try:
            yield from _lines(span) if isinstance(span, Span) else [_kept(span)]
        except Exception:  # whatever a span holds, those beside it land
            yield _kept(asdict(span))


def _kept(span: Any) -> Line:
    """No kind of the contract: such a line is refused, and kept."""
    return {"kind": "otlp_span", "span": span}


def _lines(span: Span) -> list[Line]:
    if OBSERVED in span.attributes:
        return _observed(span)
    reading = read(span)
    maker = _MAKERS.get(reading.role or "")
    lines = list(maker(reading)) if maker else []
    if lines:
        lines[0]["attributes"] = reading.leftovers()
    if span.events or reading.lists:
        lines += _evaluations(reading)
    if not lines:
        return []
    envelope = _envelope(reading)
    return [_finished(reading, envelope, line) for line in lines]


def _observed(span: Span) -> list[Line]:
    """Of an SDK of Langfuse's."""
    if span.twice:
        return [_kept(asdict(span))]
    origin = envelope_of(span.origin)
    ids = {
        "id": known_id(span.span_id),
        "trace_id": known_id(span.trace_id),
        "parent_observation_id": known_id(span.parent_span_id),
    }
    lines = [{**origin["fields"], **line} for line in span_lines(span, ids)]
    for line in lines:
        _say(line, origin["ours"])
    return lines


def _finished(reading: Reading, envelope: Line, said: Line) -> Line:
    """With what was said for us, and without what was not said at all."""
    line = {name: value for name, value in {**envelope, **said}.items() if value is not None}
    for ours in (envelope_of(reading.span.origin)["ours"], reading.ours):
        if ours:
            _say(line, ours)
    if reading.span.twice:
        line["attributes"] = _repeating(reading)
    return line


def _say(line: Line, ours: Line) -> None:
    names = _FIELDS[line["kind"]]
    for name, value in ours.items():
        if name in names and name not in _FIXED:
            line[name] = value
        elif name not in _ANYWHERE:
            attributes = line["attributes"] = line.get("attributes") or {}
            attributes.setdefault("unknown", {})[f"assay.{name}"] = value


_ANYWHERE = frozenset().union(*_FIELDS.values())
_FIXED = frozenset({"event_id", "attributes"})


def _repeating(reading: Reading) -> msgspec.Raw:
    """An object that has its keys twice as the span has them: the line will be refused for it."""
    pairs = [*reading.span.twice.items(), *reading.span.attributes.items()]
    encode = msgspec.json.encode
    return msgspec.Raw(b"{" + b",".join(encode(n) + b":" + encode(v) for n, v in pairs) + b"}")


def _envelope(reading: Reading) -> Line:
    span, said = reading.span, reading.said
    return {
        "event_id": _event_id(reading),
        "ts": _when(span.start_ns),
        "source": "openinference" if "kind" in said else "otel",
        **envelope_of(span.origin)["fields"],
        "trace_id": reading.trace_id,
        "span_id": reading.span_id,
        "parent_span_id": known_id(span.parent_span_id),
        "session_id": _id(said.get("session_id")),
        "user_id": _id(said.get("user_id")),
    }


def _event_id(reading: Reading, part: str = "") -> str | None:
    trace, own = reading.trace_id, reading.span_id
    return f"{trace}-{own}{part}" if isinstance(trace, str) and isinstance(own, str) else None


def _id(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value or None


def _when(ns: Any) -> Any:
    try:
        return _EPOCH + dt.timedelta(microseconds=ns // 1000)
    except (TypeError, OverflowError):
        return ns  # for the landing rules to refuse


def _latency(span: Span) -> float | None:
    start, end = span.start_ns, span.end_ns
    if isinstance(start, int) and isinstance(end, int) and end >= start:
        return (end // 1000 - start // 1000) / 1000
    return None


def _query(reading: Reading) -> Iterator[Line]:
    span, said = reading.span, reading.said
    status, error_type, message = _ending(reading)
    yield {
        "kind": "query",
        "query_id": reading.trace_id,
        "status": status,
        "error_type": error_type,
        "error_message": message,
        "operation": said.get("operation") or said.get("kind"),
        "provider": _provider(said),
        "model": said.get("model") or said.get("model_requested"),
        "model_requested": said.get("model_requested"),
        "assistant": said.get("assistant"),
        "assistant_version": said.get("assistant_version"),
        "prompt_name": said.get("prompt_name"),
        "prompt_version": said.get("prompt_version"),
        "finish_reason": _finish_reason(said),
        "latency_ms": _latency(span),
        "first_token_ms": _first_token(reading),
        "query_text": asked(said, reading.lists, span.events),
        "response_text": answered(said, reading.lists, span.events),
    }


def _generation(reading: Reading) -> Iterator[Line]:
    for line in _query(reading):
        yield {**line, "llm_ms": line["latency_ms"]}
    yield from _cost(reading)


def _cost(reading: Reading) -> Iterator[Line]:
    """What failed before it used anything is billed nothing."""
    said = reading.said
    used = {name: said[name] for name in _METERS if said.get(name) is not None}
    if not used and reading.span.failed:
        return
    cost = said.get("reported_cost")
    tier = said.get("service_tier")
    yield {
        "kind": "cost",
        "query_id": reading.trace_id,
        "call_type": reading.role if reading.role in _CALLS else "judge",
        "provider": _provider(said),
        "model": said.get("model") or said.get("model_requested"),
        "service_tier": TIERS.get(tier, tier) if isinstance(tier, str) else tier,
        "reported_cost": f"{cost:.{_MONEY_DIGITS}f}" if isinstance(cost, float) else cost,
        **_disjoint(used),
    }


_METERS = (
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "audio_input_tokens",
    "image_input_tokens", "output_tokens", "reasoning_tokens", "audio_output_tokens",
)  # fmt: skip
# (the whole, what it surely includes, what of the rest may have been cached or thought as well)
_INCLUSIVE = (
    ("input_tokens", ("cache_read_tokens", "cache_write_tokens"),
     ("audio_input_tokens", "image_input_tokens")),
    ("output_tokens", ("reasoning_tokens",), ("audio_output_tokens",)),
)  # fmt: skip


def _disjoint(used: Line) -> Line:
    """Conventions count parts in the whole. Where these are more than it, they were apart already."""
    tokens = {name: _whole(count) for name, count in used.items()}
    for whole, parts, media in _INCLUSIVE:
        said = [tokens[name] for name in (whole, *parts, *media) if name in tokens]
        if whole not in tokens or not all(type(count) is int and count >= 0 for count in said):
            continue
        rest = tokens[whole] - sum(tokens.get(name, 0) for name in parts)
        if rest < 0:
            continue
        for name in media:
            if name in tokens:
                tokens[name] = min(tokens[name], rest)
                rest -= tokens[name]
        tokens[whole] = rest
    return tokens


def _whole(count: Any) -> Any:
    return int(count) if isinstance(count, float) and count.is_integer() else count


def _provider(said: Line) -> Any:
    provider = said.get("provider")
    return PROVIDERS.get(provider.lower(), provider) if isinstance(provider, str) else provider


def _finish_reason(said: Line) -> Any:
    reasons = parsed_json(said.get("finish_reason"))
    return (reasons[0] if reasons else None) if isinstance(reasons, list) else reasons


def _first_token(reading: Reading) -> Any:
    seconds, start = reading.said.get("first_chunk_s"), reading.span.start_ns
    if seconds is not None:
        return seconds * 1000 if isinstance(seconds, int | float) else seconds
    for event in reading.span.events:
        if event.name in FIRST_TOKEN and isinstance(event.at_ns, int) and isinstance(start, int):
            return max(0, event.at_ns - start) // 1000 / 1000
    return None


def _ending(reading: Reading) -> tuple[str, Any, str | None]:
    span = reading.span
    if not span.failed:
        return "ok", None, None
    raised = next((event.attributes for event in span.events if event.name == EXCEPTION), {})
    error_type = reading.said.get("error_type") or raised.get("exception.type")
    message = plain(span.message) or plain(raised.get("exception.message"))
    cancelled = isinstance(error_type, str) and error_type.lower().endswith(CANCELLED)
    return ("cancelled" if cancelled else "error"), error_type, message


def _tool(reading: Reading) -> Iterator[Line]:
    status, error_type, _ = _ending(reading)
    yield {
        "kind": "tool",
        "query_id": reading.trace_id,
        "agent": reading.said.get("assistant"),
        "tool": reading.said.get("tool") or reading.said.get("data_source") or reading.span.name,
        "status": "ok" if status == "ok" else "error",
        "error_type": error_type,
        "latency_ms": _latency(reading.span),
    }


def _retrieval(reading: Reading) -> Iterator[Line]:
    """OpenInference says that nothing was found by naming no document. OpenTelemetry's documents are
    written only if somebody asked for them: without them it is the call of a tool and no more."""
    said = reading.said
    documents = _documents(reading)
    if documents is None:
        yield from _tool(reading)
        return
    status, error_type, _ = _ending(reading)
    yield {
        "kind": "retrieval",
        "query_id": reading.trace_id,
        "data_source": said.get("data_source"),
        "retriever": reading.span.name,
        "embedding_model": said.get("model") or said.get("model_requested"),
        "top_k": said.get("top_k"),
        "status": "ok" if status == "ok" else "error",
        "error_type": error_type,
        "latency_ms": _latency(reading.span),
        "result_count": len(documents),
        "documents": documents,
        "query_text": plain(said.get("retrieval_query")) or plain(said.get("input_value")),
    }


def _documents(reading: Reading) -> list[Line] | None:
    listed = reading.lists.get("retrieval.documents")
    if listed is not None or "kind" in reading.said:
        found = [
            {name.removeprefix("document."): value for name, value in item.items()}
            for _, item in sorted((listed or {}).items())
        ]
    else:
        found = parsed_json(reading.said.get("documents"))
    if not isinstance(found, list):
        return None
    return [document_of(rank, one) for rank, one in enumerate(found, start=1) if isinstance(one, dict)]


def document_of(rank: int, said: Line) -> Line:
    text = plain(said.get("content"))
    own_id = _id(said.get("id"))
    if own_id is None:
        digest = hashlib.sha256((text or f"#{rank}").encode("utf-8", "surrogatepass"))
        own_id = f"text:{digest.hexdigest()[:_TEXT_ID_BYTES]}"
    line = {"doc_id": own_id, "rank": rank, "score": said.get("score"), "text": text}
    return {name: value for name, value in line.items() if value is not None}


def _guardrail(reading: Reading) -> Iterator[Line]:
    """A check whose verdict nobody can read is refused rather than counted as passed."""
    word = plain(reading.said.get("output_value"))
    verdict = "error" if reading.span.failed else VERDICTS.get((word or "").strip().lower())
    yield {
        "kind": "guardrail",
        "query_id": reading.trace_id,
        "guardrail": reading.span.name,
        "verdict": verdict,
        "latency_ms": _latency(reading.span),
    }


def _judged(reading: Reading) -> Iterator[Line]:
    """An evaluation that is a span: what its model used; and its result, where the span says it."""
    if any(reading.said.get(name) is not None for name in _METERS):
        yield from _cost(reading)
    if "evaluation.name" in reading.said:
        yield _evaluation(reading, reading.said, "evaluation.", "query", None)


def _evaluations(reading: Reading) -> Iterator[Line]:
    """Results that hang on a span: as events, or as OpenInference's flattened lists."""
    span = reading.span
    for index, event in enumerate(span.events):
        if event.name == EVALUATED:
            yield {
                **_evaluation(reading, event.attributes, "gen_ai.evaluation.", "query", None),
                "event_id": _event_id(reading, f"-event-{index}"),
                "ts": _when(event.at_ns or span.start_ns),
            }
    for name, items in reading.lists.items():
        scope, _, noun = name.rpartition(".")
        if noun not in ("evaluations", "annotations"):
            continue
        about = "session" if scope == "session" else "query"
        for index, item in sorted(items.items()):
            yield {
                **_evaluation(reading, item, f"{noun.removesuffix('s')}.", about, item),
                "event_id": _event_id(reading, f"-{name}-{index}"),
            }


def _evaluation(reading: Reading, said: Line, before: str, about: str, item: Line | None) -> Line:
    score = said.get(f"{before}score.value", said.get(f"{before}score"))
    name = said.get(f"{before}name")
    span = reading.span
    linked = span.linked[0] if len(span.linked) == 1 and reading.role == "evaluation" else None
    target = reading.said.get("session_id") if about == "session" else linked or span.trace_id
    return {
        "kind": "evaluation",
        "target_type": about,
        "target_id": known_id(target),
        "evaluator": name,
        "evaluator_version": (item or {}).get(f"{before}identifier") or UNSTATED,
        "metrics": {} if score is None else {str(name): score},
        "label": said.get(f"{before}score.label", said.get(f"{before}label")),
        "explanation": plain(said.get(f"{before}explanation")),
    }


_MAKERS: dict[str, Callable[[Reading], Iterator[Line]]] = {
    "turn": _query,
    "generation": _generation,
    "embedding": _cost,
    "rerank": _cost,
    "other": _cost,
    "tool": _tool,
    "retrieval": _retrieval,
    "guardrail": _guardrail,
    "evaluation": _judged,
}
