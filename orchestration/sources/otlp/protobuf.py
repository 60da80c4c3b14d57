"""OTLP as protobuf: the collector's files (`format: proto`, each message behind its length) and single
messages, as an exporter posts them."""

import base64
import struct
from collections.abc import Iterable, Iterator
from typing import Any

from orchestration.landing.limits import Limits
from orchestration.landing.packed import BrokenStreamError
from orchestration.landing.reasons import Reason
from orchestration.sources.otlp.spans import Attributes, Event, Origin, Span, finite
from orchestration.sources.source import Record, Stream

_PREFIX = struct.Struct(">I")
_RESOURCE_SPANS = 0x0A  # field 1 of a request, with a length
_INSIDE = (0x0A, 0x12, 0x1A)  # fields 1 to 3 of what it holds
_FAILED = 2
_IDS = ("traceId", "spanId", "parentSpanId")
UNREADABLE = "otlp_protobuf"  # no kind of the contract: such a line is refused, and kept


def is_message(head: bytes) -> bool:
    """Begins like a request for traces. Lines may begin with the same byte, a newline: with blanks."""
    if len(head) < 3 or head[0] != _RESOURCE_SPANS or not head[:3].strip():
        return False
    length, at = _varint(head, 1)
    return length > 0 and at < len(head) and head[at] in _INSIDE


def is_framed(head: bytes) -> bool:
    return len(head) > _PREFIX.size and head[:2] < b"\x20" and is_message(head[_PREFIX.size :])


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 35:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    return 0, at


def whole_message(stream: Stream, limits: Limits) -> Iterator[Record]:
    parts, length = [], 0
    while part := stream.read(limits.record_bytes):
        parts.append(part)
        length += len(part)
        if length > limits.record_bytes:
            raise BrokenStreamError(Reason.TOO_LARGE)
    yield Record(b"".join(parts))


def framed_messages(stream: Stream, limits: Limits) -> Iterator[Record]:
    """Where the frames cannot be followed any further, the rest of the file is kept whole."""
    waiting = bytearray()
    wanted = _PREFIX.size
    length: int | None = None
    while True:
        while len(waiting) < wanted:
            chunk = stream.read(max(wanted - len(waiting), 1 << 16))
            if not chunk:
                if waiting or length is not None:
                    raise BrokenStreamError(Reason.TRUNCATED_TAIL)
                return
            waiting += chunk
        content = bytes(waiting[:wanted])
        del waiting[:wanted]
        if length is None:
            (length,) = _PREFIX.unpack(content)
            wanted = length
            if length > limits.record_bytes:
                raise BrokenStreamError(Reason.TOO_LARGE)
        else:
            yield Record(content)
            length, wanted = None, _PREFIX.size


def read_message(message: bytes, _: Limits) -> Any:
    """What holds the spans of a message; the message itself where it is none."""
    from google.protobuf.message import DecodeError  # large imports that few files need
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    try:
        request = ExportTraceServiceRequest.FromString(message)
    except DecodeError:
        return message
    return request.resource_spans


def spans_in(resources: Any) -> Iterator[Span]:
    for one in resources:
        resource, _ = _attributes(one.resource.attributes)
        for scope in one.scope_spans:
            origin = Origin(resource, scope.schema_url or one.schema_url, came=one.resource)
            for span in scope.spans:
                yield _span(origin, span)


def kept_whole(message: bytes) -> dict[str, Any]:
    return {"kind": UNREADABLE, "message": base64.b64encode(message).decode()}


def _span(origin: Origin, span: Any) -> Span:
    attributes, twice = _attributes(span.attributes)
    return Span(
        origin,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.name,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status.code == _FAILED,
        span.status.message,
        attributes,
        twice,
        [Event(event.name, event.time_unix_nano, _attributes(event.attributes)[0])
         for event in span.events],
        [link.trace_id.hex() for link in span.links],
        span,
    )  # fmt: skip


def as_json(message: Any) -> Any:
    """As OTLP's JSON has it: ids in hexadecimal digits."""
    from google.protobuf.json_format import MessageToDict

    said = MessageToDict(message)
    _spell_ids(said)
    return said


def _spell_ids(said: Any) -> None:
    if isinstance(said, list):
        for one in said:
            _spell_ids(one)
    elif isinstance(said, dict):
        for name, value in said.items():
            if name in _IDS and isinstance(value, str):
                said[name] = base64.b64decode(value).hex()
            elif name not in ("attributes", "body"):
                _spell_ids(value)


def read_logs(message: bytes, _: Limits) -> Any:
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    try:
        return {"resourceLogs": [], **as_json(ExportLogsServiceRequest.FromString(message))}
    except DecodeError:
        return None


def _attributes(pairs: Iterable[Any]) -> tuple[Attributes, Attributes]:
    attributes: Attributes = {}
    twice: Attributes = {}
    for pair in pairs:
        name = pair.key
        if name in attributes:
            twice[name] = attributes[name]
        attributes[name] = _value(pair.value)
    return attributes, twice


def _value(value: Any) -> Any:
    form = value.WhichOneof("value")
    if form is None:
        return None
    content = getattr(value, form)
    if form == "double_value":
        return finite(content)
    if form == "array_value":
        return [_value(one) for one in content.values]
    if form == "kvlist_value":
        return _attributes(content.values)[0]
    if form == "bytes_value":
        return base64.b64encode(content).decode()
    return content
