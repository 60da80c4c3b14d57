"""GenAI events as log records: those of one call that come together are read as events of a span."""

import hashlib
from collections.abc import Iterator
from typing import Any

from orchestration.sources.otlp.conventions import DETAILS, EVALUATED, MESSAGES
from orchestration.sources.otlp.reading import known_id
from orchestration.sources.otlp.spans import (
    Event,
    Origin,
    Span,
    attributes_of,
    origins_of,
    value_of,
    whole_number,
)
from orchestration.sources.source import spelled

_OF_A_TURN = DETAILS | MESSAGES.keys()
_ID_CHARACTERS = 16


def calls_of(request: Any) -> Iterator[Any] | None:
    """None where it is no request for logs."""
    found = origins_of(request, "resourceLogs", "scopeLogs", "logRecords")
    if found is None:
        return None
    return (call for origin, records in found for call in _calls(origin, records))


def _calls(origin: Origin, records: list[Any]) -> Iterator[Any]:
    """An evaluation stands for itself: in whatever request it comes, it is the same line."""
    calls: dict[tuple[Any, Any], list[tuple[str, dict[str, Any]]]] = {}
    for record in records:
        if not isinstance(record, dict):
            yield record
        elif (name := _name_of(record)) == EVALUATED:
            yield _call(origin, [(name, record)], "none")
        elif name in _OF_A_TURN:
            whose = str(record.get("traceId")), str(record.get("spanId"))
            calls.setdefault(whose, []).append((name, record))
    for call in calls.values():
        yield _call(origin, call, "turn")


def _name_of(record: dict[str, Any]) -> str:
    return str(record.get("eventName") or attributes_of(record.get("attributes"))[0].get("event.name"))


def _call(origin: Origin, named: list[tuple[str, dict[str, Any]]], role: str) -> Span:
    """What its span bills is not billed again. The same records again are the same lines again, also
    where protobuf spells them."""
    records = [record for _, record in named]
    events = [_event(name, record) for name, record in named]
    times = [event.at_ns for event in events if isinstance(event.at_ns, int)]
    digest = hashlib.sha256(spelled({"events": events})).hexdigest()[:_ID_CHARACTERS]
    trace_id, about = records[0].get("traceId"), known_id(records[0].get("spanId"))
    return Span(
        origin,
        trace_id,
        span_id=f"{about}-log-{digest}" if about else f"log-{digest}",
        parent_span_id=about,
        name=None,
        start_ns=min(times, default=events[0].at_ns),
        end_ns=None,
        failed=any("error.type" in event.attributes for event in events),
        message=None,
        attributes={},
        events=events,
        came=records,
        role=role,
    )


def _event(name: str, record: dict[str, Any]) -> Event:
    said, _ = attributes_of(record.get("attributes"))
    body = record.get("body")
    inside = value_of(body) if isinstance(body, dict) else None
    at = whole_number(record.get("timeUnixNano")) or whole_number(record.get("observedTimeUnixNano"))
    return Event(name, at, {**said, **inside} if isinstance(inside, dict) else said)
