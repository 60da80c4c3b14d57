"""OpenTelemetry's spans and GenAI events, and OpenInference's, as lines of the contract."""

from collections.abc import Iterator
from typing import Any

from orchestration.sources.otlp.lines import lines_of
from orchestration.sources.otlp.logs import calls_of
from orchestration.sources.otlp.protobuf import (
    framed_messages,
    is_framed,
    is_message,
    kept_whole,
    read_message,
    spans_in,
    whole_message,
)
from orchestration.sources.otlp.spans import read_request, spans_of
from orchestration.sources.source import Line, Source, has_keys


def _from_json(request: Any) -> Iterator[Line] | None:
    spans = calls_of(request) or spans_of(request)
    return None if spans is None else lines_of(spans)


def _from_protobuf(found: Any) -> Iterator[Line] | None:
    if isinstance(found, bytes):
        return iter([kept_whole(found)])
    return _from_json(found) if isinstance(found, dict) else lines_of(spans_in(found))


def _is_json(head: bytes) -> bool:
    """A collector may write all its signals into one file, so that measures come first."""
    names = ("resourceSpans", "resourceLogs", "resourceMetrics")
    return any(has_keys(name)(head) for name in names)


OTLP_JSON = Source("OTLP JSON", _is_json, _from_json, decode=read_request)
OTLP_FRAMES = Source(
    "OTLP protobuf, each message behind its length",
    is_framed,
    _from_protobuf,
    decode=read_message,
    records=framed_messages,
)
OTLP_MESSAGE = Source(
    "an OTLP protobuf message",
    is_message,
    _from_protobuf,
    decode=read_message,
    records=whole_message,
)
OTLP = (OTLP_JSON, OTLP_FRAMES, OTLP_MESSAGE)
