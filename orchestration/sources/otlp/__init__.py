"""OpenTelemetry's traces as lines of the contract: JSON, protobuf; GenAI conventions, OpenInference."""

from collections.abc import Iterator
from typing import Any

from orchestration.sources.otlp.lines import lines_of
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
    spans = spans_of(request)
    return None if spans is None else lines_of(spans)


def _from_protobuf(resources: Any) -> Iterator[Line]:
    if isinstance(resources, bytes):
        return iter([kept_whole(resources)])
    return lines_of(spans_in(resources))


OTLP_JSON = Source("OTLP JSON", has_keys("resourceSpans"), _from_json, decode=read_request)
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
