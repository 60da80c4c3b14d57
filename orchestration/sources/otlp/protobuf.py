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
_RESOURCES = 0x0A  # field 1 of a request, with a length
_INSIDE = (0x0A, 0x12, 0x1A)  # fields 1 to 3 of what it holds
_FAILED = 2
_VARINT, _WITH_LENGTH, _FIXED, _LONGEST_BITS = 0, 2, {1: 8, 5: 4}, 70
# First bytes of fields that only one of the two records has in this form (time, severity, kind ...).
_OF_LOGS = frozenset({0x09, 0x10, 0x32, 0x38, 0x45, 0x52, 0x59, 0x62})
_OF_SPANS = frozenset({0x0A, 0x12, 0x22, 0x30, 0x39, 0x41, 0x50, 0x5A, 0x60, 0x6A, 0x70, 0x7A, 0x85})
_IDS = ("traceId", "spanId", "parentSpanId")
UNREADABLE = "otlp_protobuf"  # no kind of the contract: such a line is refused, and kept


def is_message(head: bytes) -> bool:
    """Begins like a request. Lines may begin with the same byte, a newline: with blanks."""
    if len(head) < 3 or head[0] != _RESOURCES or not head[:3].strip():
        return False
    length, at = _varint(head, 1)
    return length > 0 and at < len(head) and head[at] in _INSIDE


def is_framed(head: bytes) -> bool:
    return len(head) > _PREFIX.size and head[:2] < b"\x20" and is_message(head[_PREFIX.size :])


def _varint(data: bytes, at: int, most: int = 35) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < most:
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
    """What holds the spans of a message, or its log records in JSON; the message itself where it is
    neither. The collector writes both into one file where it is told to."""
    from google.protobuf.message import DecodeError  # large imports that few files need

    try:
        return _logs(message) if holds_logs(message) else _traces(message)
    except DecodeError:
        return message


def _traces(message: bytes) -> Any:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    return ExportTraceServiceRequest.FromString(message).resource_spans


def _logs(message: bytes) -> Any:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    return {"resourceLogs": [], **as_json(ExportLogsServiceRequest.FromString(message))}


def holds_logs(message: bytes) -> bool:
    """Both requests are lists of lists of records under the same numbers: the first field that only one
    of the records has in its form tells."""
    for resource in _within(message, (0, len(message)), 1):
        for scope in _within(message, resource, 2):
            for record in _within(message, scope, 2):
                for tag, _ in _fields(message, record):
                    if tag in _OF_LOGS or tag in _OF_SPANS:
                        return tag in _OF_LOGS
    return False


_Place = tuple[int, int]


def _within(data: bytes, place: _Place, number: int) -> Iterator[_Place]:
    return (inside for tag, inside in _fields(data, place) if tag == number << 3 | _WITH_LENGTH)


def _fields(data: bytes, place: _Place) -> Iterator[tuple[int, _Place]]:
    """First byte and content of each field, as far as it can be read."""
    at, end = place
    while at < end:
        tag = data[at]
        _, at = _varint(data, at)
        if tag & 7 == _WITH_LENGTH:
            length, at = _varint(data, at)
        elif tag & 7 == _VARINT:
            _, after = _varint(data, at, _LONGEST_BITS)
            length = after - at
        elif tag & 7 in _FIXED:
            length = _FIXED[tag & 7]
        else:
            return
        if at + length > end:
            return
        yield tag, (at, at + length)
        at += length


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
