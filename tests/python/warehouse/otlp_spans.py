"""Spans to test with, as OTLP's JSON writes them."""

import base64
import json
from typing import Any

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

START = 1_772_359_200_000_000_000  # 2026-03-01T10:00:00Z
TRACE = "5b8efff798038103d269b633813fc60c"


def value_of(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [value_of(one) for one in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": attributes(value)}}
    return {"stringValue": value}


def attributes(pairs: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value_of(value)} for key, value in pairs.items()]


def span(
    said: dict[str, Any], number: int = 1, *, trace: str = TRACE, at_ms: int = 0, ms: float = 250,
    **more: Any,
) -> dict[str, Any]:  # fmt: skip
    start = START + at_ms * 1_000_000
    return {
        "traceId": trace,
        "spanId": f"{number:016x}",
        "parentSpanId": "",
        "name": "chat small",
        "kind": 3,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + int(ms * 1_000_000)),
        "attributes": attributes(said),
        "status": {},
        **more,
    }


def request(*spans: Any, resource: dict[str, Any] | None = None, schema: str = "") -> bytes:
    """As the collector's file exporter writes a line, without the newline."""
    scope = {"scope": {"name": "a scope"}, "spans": list(spans)}
    inside = {"resource": {"attributes": attributes(resource or {})}, "scopeSpans": [scope]}
    if schema:
        inside["schemaUrl"] = schema
    return json.dumps({"resourceSpans": [inside]}, separators=(",", ":")).encode()


FAILED = {"code": 2, "message": "it broke"}
CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "small",
    "gen_ai.response.model": "small-2026",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.cache_read.input_tokens": 60,
    "gen_ai.usage.output_tokens": 30,
    "gen_ai.usage.reasoning.output_tokens": 10,
}
INFERENCE = {
    "openinference.span.kind": "LLM",
    "llm.provider": "aws",
    "llm.model_name": "m",
    "llm.token_count.prompt": 12,
    "llm.token_count.completion": 3,
    "session.id": "s",
    "llm.finish_reason": "stop",
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": "Be kind.",
    "llm.input_messages.1.message.role": "user",
    "llm.input_messages.1.message.contents.0.message_content.text": "Hello?",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": "Hi.",
}


def message(*spans: dict[str, Any]) -> bytes:
    said = json.loads(request(*spans))
    for one in said["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        # The one place where protobuf's own JSON and OTLP's differ: ids.
        for name in ("traceId", "spanId", "parentSpanId"):
            one[name] = base64.b64encode(bytes.fromhex(one[name])).decode()
        for link in one.get("links", []):
            for name in ("traceId", "spanId"):
                link[name] = base64.b64encode(bytes.fromhex(link[name])).decode()
    content: bytes = ParseDict(said, ExportTraceServiceRequest()).SerializeToString()
    return content


def logs_message(logs: bytes) -> bytes:
    said = json.loads(logs)
    for one in said["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
        for name in ("traceId", "spanId"):
            one[name] = base64.b64encode(bytes.fromhex(one[name])).decode()
    content: bytes = ParseDict(said, ExportLogsServiceRequest()).SerializeToString()
    return content
