"""One request: its bytes to contract lines, and what of them landing will refuse."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from orchestration.landing.limits import Limits
from orchestration.landing.reasons import Refused
from orchestration.sources.otlp import OTLP_JSON, OTLP_LOGS_MESSAGE, OTLP_MESSAGE
from orchestration.sources.source import Source

PROTOBUF, JSON = "application/x-protobuf", "application/json"
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class Signal:
    """What is posted where, and how its answer is made."""

    path: str
    sources: dict[str, Source]
    response: Callable[[], Any]
    rejected: str  # in the answer: how many were refused


TRACES = Signal(
    "/v1/traces",
    {PROTOBUF: OTLP_MESSAGE, JSON: OTLP_JSON},
    ExportTraceServiceResponse,
    "rejected_spans",
)
LOGS = Signal(
    "/v1/logs",
    {PROTOBUF: OTLP_LOGS_MESSAGE, JSON: OTLP_JSON},
    ExportLogsServiceResponse,
    "rejected_log_records",
)


class RefusedRequestError(Exception):
    """An answer that a client must not try again after."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True)
class Translated:
    lines: bytes
    count: int
    refused: int
    why: str = ""  # reasons and paths; never a value


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise RefusedRequestError(415, "Content-Encoding may be gzip or identity.")
    unpacker = zlib.decompressobj(_GZIP)
    try:
        content = unpacker.decompress(body, most + 1)
    except zlib.error:
        raise RefusedRequestError(400, "The body is no gzip.") from None
    if len(content) > most:
        raise too_large(most)
    if not unpacker.eof:
        raise RefusedRequestError(400, "The gzip is cut off.")
    return content


def too_large(most: int) -> RefusedRequestError:
    return RefusedRequestError(413, f"A request may have {most} bytes, unpacked; send smaller batches.")


def translated(content: bytes, source: Source, limits: Limits) -> Translated:
    """What landing will refuse goes into the inbox too: it is kept in quarantine for a replay."""
    refused: list[Refused] = []
    lines = source.translate(content, limits, refused) if content else b""
    if lines is None or lines.startswith(b'{"kind":"otlp_protobuf"'):
        raise RefusedRequestError(400, "The body is no such OTLP request.")
    why = sorted({f"{one.reason.value} at {one.path}" for one in refused})
    return Translated(lines, lines.count(b"\n"), len(refused), ", ".join(why[:5]))
