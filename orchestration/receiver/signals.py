"""What may be posted where, and how it is answered."""

from dataclasses import dataclass

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from orchestration.receiver.answers import Answer, counted, exported, listed
from orchestration.receiver.requests import JSON, PROTOBUF
from orchestration.sources.langfuse.spans import POSTED
from orchestration.sources.otlp import OTLP_JSON, OTLP_MESSAGE
from orchestration.sources.source import Source


@dataclass(frozen=True)
class Signal:
    path: str
    sources: dict[str, Source]
    answer: Answer


_OTLP = {PROTOBUF: OTLP_MESSAGE, JSON: OTLP_JSON}  # both know spans and log records
_SCORES = {JSON: POSTED}
_TRACES_TAKEN = exported(ExportTraceServiceResponse, "rejected_spans")
_LOGS_TAKEN = exported(ExportLogsServiceResponse, "rejected_log_records")

SIGNALS = (
    Signal("/v1/traces", _OTLP, _TRACES_TAKEN),
    Signal("/v1/logs", _OTLP, _LOGS_TAKEN),
    # Langfuse's SDKs send to paths of their own.
    Signal("/api/public/otel/v1/traces", _OTLP, _TRACES_TAKEN),
    Signal("/api/public/scores", _SCORES, counted),
    Signal("/api/public/ingestion", _SCORES, listed),
)
