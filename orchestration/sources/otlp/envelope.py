"""What a span says of each of its lines."""

import datetime as dt
from functools import partial
from typing import Any

import msgspec

from orchestration.sources.otlp.conventions import CANCELLED, EXCEPTION
from orchestration.sources.otlp.protobuf import as_json
from orchestration.sources.otlp.reading import Reading, known_id
from orchestration.sources.otlp.spans import Span
from orchestration.sources.otlp.texts import plain
from orchestration.sources.source import CAME_AS, Line

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def envelope_of_lines(reading: Reading) -> Line:
    """What a span says of each of its lines, and how to tell what they were made of."""
    span, said = reading.span, reading.said
    envelope = {
        "event_id": event_id(reading),
        "ts": when(span.start_ns),
        "source": "openinference" if "kind" in said else "otel",
    }
    envelope |= reading.around["fields"]
    envelope["trace_id"] = reading.trace_id
    envelope["span_id"] = reading.span_id
    envelope[CAME_AS] = partial(as_it_came, span)
    if span.parent_span_id:
        envelope["parent_span_id"] = known_id(span.parent_span_id)
    if "session_id" in said:
        envelope["session_id"] = id_of(said["session_id"])
    if "user_id" in said:
        envelope["user_id"] = id_of(said["user_id"])
    return envelope


def event_id(reading: Reading, part: str = "") -> str | None:
    trace, own = reading.trace_id, reading.span_id
    return f"{trace}-{own}{part}" if isinstance(trace, str) and isinstance(own, str) else None


def id_of(value: Any) -> Any:
    return str(value) if type(value) is int else value or None


def when(ns: Any) -> Any:
    try:
        return _EPOCH + ns // 1000 * _MICROSECOND  # half of what making a `timedelta` by name costs
    except (TypeError, OverflowError):
        return ns  # for the landing rules to refuse


def latency(span: Span) -> float | None:
    start, end = span.start_ns, span.end_ns
    if isinstance(start, int) and isinstance(end, int) and end >= start:
        return (end // 1000 - start // 1000) / 1000
    return None


def ending(reading: Reading) -> tuple[str, Any, str | None]:
    span = reading.span
    if not span.failed:
        return "ok", None, None
    raised = next((event.attributes for event in span.events if event.name == EXCEPTION), {})
    error_type = reading.said.get("error_type") or raised.get("exception.type")
    message = plain(span.message) or plain(raised.get("exception.message"))
    cancelled = isinstance(error_type, str) and error_type.lower().endswith(CANCELLED)
    return ("cancelled" if cancelled else "error"), error_type, message


def as_it_came(span: Span) -> Any:
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
