"""What a span becomes: lines of the contract.

Each span is translated by itself. The id of its trace is the id of its query, so that spans of a turn
meet in the warehouse in whatever order and batches they come.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
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
from orchestration.sources.otlp.protobuf import as_json
from orchestration.sources.otlp.reading import Reading, envelope_of, known_id, read
from orchestration.sources.otlp.spans import Span
from orchestration.sources.otlp.texts import answered, asked, parsed_json, plain
from orchestration.sources.reading import UNSTATED
from orchestration.sources.source import CAME_AS, Line

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FIELDS = {kind: frozenset(struct.__struct_fields__) for kind, struct in KINDS.items()}
# Lists of results that hang on a span, and on what it is a part of.
_JUDGEMENTS = frozenset(
    scope + noun for scope in ("", "trace.", "session.") for noun in ("evaluations", "annotations")
)
_CALLS = ("generation", "embedding", "rerank", "other")
_TEXT_ID_BYTES = 16
_MONEY_DIGITS = 12


def lines_of(spans: Iterable[Any]) -> Iterator[Line]:
    for span in spans:
        try:
            yield from _lines(span) if isinstance(span, Span) else [_kept(span)]
        except Exception:  # whatever a span holds, those beside it land
            yield _unread(span)


def _kept(span: Any) -> Line:
    """No kind of the contract: such a line is refused, and kept."""
    return {"kind": "otlp_span", "span": span, CAME_AS: None}


def _unread(span: Span) -> Line:
    return {"kind": "otlp_span", CAME_AS: partial(_as_it_came, span)}


def _as_it_came(span: Span) -> Any:
    """A request of this span alone, or of its log records; what is no OTLP, as we have read it."""
    around, came = span.origin.came, span.came
    if came is None:
        return msgspec.structs.asdict(span)
    if isinstance(came, list):
        scope = {"schemaUrl": span.origin.schema_url, "logRecords": came}
        return {"resourceLogs": [{"resource": around, "scopeLogs": [scope]}]}
    if not isinstance(came, msgspec.Struct | dict):
        around, came = as_json(around), as_json(came)
    scope = {"schemaUrl": span.origin.schema_url, "spans": [came]}
    return {"resourceSpans": [{"resource": around, "scopeSpans": [scope]}]}


def _lines(span: Span) -> list[Line]:
    if OBSERVED in span.attributes:
        return _observed(span)
    reading = read(span)
    reading.envelope = _envelope(reading)
    maker = _MAKERS.get(reading.role or "")
    lines = maker(reading) if maker else []
    if lines:
        lines[0]["attributes"] = reading.leftovers()
    if span.events or (reading.lists and not _JUDGEMENTS.isdisjoint(reading.lists)):
        lines += _evaluations(reading)
    around = reading.around["ours"]
    if around or reading.ours or span.twice:
        for line in lines:
            _say(line, around)
            _say(line, reading.ours)
            if span.twice:
                line["attributes"] = _repeating(reading)
    return lines


def _observed(span: Span) -> list[Line]:
    """Of an SDK of Langfuse's."""
    if span.twice:
        return [_unread(span)]
    around = envelope_of(span.origin)
    ids = {
        "id": known_id(span.span_id),
        "trace_id": known_id(span.trace_id),
        "parent_observation_id": known_id(span.parent_span_id),
    }
    lines = [{**around["fields"], **line} for line in span_lines(span, ids)]
    for line in lines:
        _say(line, around["ours"])
        line[CAME_AS] = partial(_as_it_came, span)
    return lines


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
    """What a span says of each of its lines, and how to tell what they were made of."""
    span, said = reading.span, reading.said
    envelope = {
        "event_id": _event_id(reading),
        "ts": _when(span.start_ns),
        "source": "openinference" if "kind" in said else "otel",
        **reading.around["fields"],
        "trace_id": reading.trace_id,
        "span_id": reading.span_id,
        CAME_AS: partial(_as_it_came, span),
    }
    if span.parent_span_id:
        envelope["parent_span_id"] = known_id(span.parent_span_id)
    if "session_id" in said:
        envelope["session_id"] = _id(said["session_id"])
    if "user_id" in said:
        envelope["user_id"] = _id(said["user_id"])
    return envelope


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


# What a span says in our words.
_AS_SAID = frozenset({
    "model_requested", "assistant", "assistant_version", "prompt_name", "prompt_version",
})  # fmt: skip


def _query(reading: Reading) -> list[Line]:
    span, said = reading.span, reading.said
    status, error_type, message = _ending(reading)
    line = {
        **reading.envelope,
        "kind": "query",
        "query_id": reading.trace_id,
        "status": status,
        "operation": said.get("operation") or said.get("kind"),
        "provider": _provider(said),
        "model": said.get("model") or said.get("model_requested"),
        "finish_reason": _finish_reason(said),
        "latency_ms": _latency(span),
        "first_token_ms": _first_token(reading),
        "query_text": asked(said, reading.lists, span.events),
        "response_text": answered(said, reading.lists, span.events),
    }
    if span.failed:
        line |= {"error_type": error_type, "error_message": message}
    if not _AS_SAID.isdisjoint(said):
        line |= {name: value for name, value in said.items() if name in _AS_SAID}
    return [line]


def _generation(reading: Reading) -> list[Line]:
    (query,) = _query(reading)
    query["llm_ms"] = query["latency_ms"]
    return [query, *_cost(reading)]


def _cost(reading: Reading) -> list[Line]:
    """What failed before it used anything is billed nothing."""
    said = reading.said
    used = {name: count for name, count in said.items() if name in _METERS and count is not None}
    if not used and reading.span.failed:
        return []
    cost = said.get("reported_cost")
    tier = said.get("service_tier")
    line = {
        **reading.envelope,
        "kind": "cost",
        "query_id": reading.trace_id,
        "call_type": reading.role if reading.role in _CALLS else "judge",
        "provider": _provider(said),
        "model": said.get("model") or said.get("model_requested"),
        "service_tier": TIERS.get(tier, tier) if isinstance(tier, str) else tier,
        "reported_cost": f"{cost:.{_MONEY_DIGITS}f}" if isinstance(cost, float) else cost,
        **_disjoint(used),
    }
    return [line]


_METERS = frozenset({
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "audio_input_tokens",
    "image_input_tokens", "output_tokens", "reasoning_tokens", "audio_output_tokens",
})  # fmt: skip
# (the whole, what it surely includes, what of the rest may have been cached or thought as well)
_INCLUSIVE = (
    ("input_tokens", ("cache_read_tokens", "cache_write_tokens"),
     ("audio_input_tokens", "image_input_tokens")),
    ("output_tokens", ("reasoning_tokens",), ("audio_output_tokens",)),
)  # fmt: skip
_INTEGERS = {int}


def _disjoint(used: Line) -> Line:
    """Conventions count parts in the whole. Where these are more than it, they were apart already."""
    tokens = {name: count if type(count) is int else _whole(count) for name, count in used.items()}
    for whole, parts, media in _INCLUSIVE:
        if whole not in tokens:
            continue
        said = [tokens[name] for name in (whole, *parts, *media) if name in tokens]
        if len(said) == 1 or set(map(type, said)) != _INTEGERS or min(said) < 0:
            continue
        rest = tokens[whole] - sum([tokens[name] for name in parts if name in tokens])
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
    if "finish_reason" not in said:
        return None
    reasons = parsed_json(said["finish_reason"])
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


def _tool(reading: Reading) -> list[Line]:
    status, error_type, _ = _ending(reading)
    line = {
        **reading.envelope,
        "kind": "tool",
        "query_id": reading.trace_id,
        "agent": reading.said.get("assistant"),
        "tool": reading.said.get("tool") or reading.said.get("data_source") or reading.span.name,
        "status": "ok" if status == "ok" else "error",
        "error_type": error_type,
        "latency_ms": _latency(reading.span),
    }
    return [line]


def _retrieval(reading: Reading) -> list[Line]:
    """OpenInference says that nothing was found by naming no document. OpenTelemetry's documents are
    written only if somebody asked for them: without them it is the call of a tool and no more."""
    said = reading.said
    documents = _documents(reading)
    if documents is None:
        return _tool(reading)
    status, error_type, _ = _ending(reading)
    line = {
        **reading.envelope,
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
    return [line]


def _documents(reading: Reading) -> list[Line] | None:
    listed = reading.lists.get("retrieval.documents")
    if listed is not None or "kind" in reading.said:
        found = [listed[index] for index in sorted(listed)] if listed else []
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
    document = {"doc_id": own_id, "rank": rank}
    if (score := said.get("score")) is not None:
        document["score"] = score
    if text is not None:
        document["text"] = text
    return document


def _guardrail(reading: Reading) -> list[Line]:
    """A check whose verdict nobody can read is refused rather than counted as passed."""
    word = plain(reading.said.get("output_value"))
    verdict = "error" if reading.span.failed else VERDICTS.get((word or "").strip().lower())
    line = {
        **reading.envelope,
        "kind": "guardrail",
        "query_id": reading.trace_id,
        "guardrail": reading.span.name,
        "verdict": verdict,
        "latency_ms": _latency(reading.span),
    }
    return [line]


def _judged(reading: Reading) -> list[Line]:
    """An evaluation that is a span: what its model used; and its result, where the span says it."""
    has_used = any(reading.said.get(name) is not None for name in _METERS)
    used = _cost(reading) if has_used else []
    if "evaluation.name" in reading.said:
        used.append(_evaluation(reading, reading.said, "evaluation.", "query", None))
    return used


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
        if name not in _JUDGEMENTS:
            continue
        scope = name.rpartition(".")[0]
        about = "session" if scope == "session" else "query"
        for index, item in sorted(items.items()):
            yield {
                **_evaluation(reading, item, "", about, item),
                "event_id": _event_id(reading, f"-{name}-{index}"),
            }


def _evaluation(reading: Reading, said: Line, before: str, about: str, item: Line | None) -> Line:
    score = said.get(f"{before}score.value", said.get(f"{before}score"))
    name = said.get(f"{before}name")
    span = reading.span
    linked = span.linked[0] if len(span.linked) == 1 and reading.role == "evaluation" else None
    target = reading.said.get("session_id") if about == "session" else linked or span.trace_id
    return {
        **reading.envelope,
        "kind": "evaluation",
        "target_type": about,
        "target_id": known_id(target),
        "evaluator": name,
        "evaluator_version": (item or {}).get(f"{before}identifier") or UNSTATED,
        "metrics": {name: score} if isinstance(name, str) and score is not None else {},
        "label": said.get(f"{before}score.label", said.get(f"{before}label")),
        "explanation": plain(said.get(f"{before}explanation")),
    }


_MAKERS: dict[str, Callable[[Reading], list[Line]]] = {
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
