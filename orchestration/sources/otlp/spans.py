"""Spans in one shape, out of OTLP's JSON. What has a wrong type is passed on as it is."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec.structs import astuple

from orchestration.landing.diagnose import unique_keys
from orchestration.landing.limits import Limits
from orchestration.sources.otlp import typed

Attributes = dict[str, Any]
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_NOT_FINITE = msgspec.Raw(b"NaN")
_NO_LIST: list[Any] = []
_NONE: Attributes = {}
_FAILED = (2, "STATUS_CODE_ERROR")
_WELL = (False, None)
_MOST_DIGITS = 20  # of 64 bits
_NEGATIVE = re.compile(r"-[0-9]{1,20}").fullmatch
_BESIDE_SCOPES = frozenset({"resource", "schemaUrl"})
_EXACT = 1 << 53  # below it a double is any whole number
# How OTLP's JSON spells these doubles.
_DOUBLES = {"NaN": _NOT_FINITE, "Infinity": _NOT_FINITE, "-Infinity": _NOT_FINITE}


class Event(NamedTuple):
    name: str
    at_ns: Any
    attributes: Attributes


class Origin(msgspec.Struct, gc=False):
    """What all spans of one scope share."""

    resource: Attributes
    schema_url: str = ""
    envelope: Attributes | None = None  # what it says of every line, once somebody asked
    came: Any = None  # the resource as it came


class Span(msgspec.Struct, gc=False):
    origin: Origin
    trace_id: Any
    span_id: Any
    parent_span_id: Any
    name: Any
    start_ns: Any
    end_ns: Any
    failed: bool
    message: Any
    attributes: Attributes
    twice: Attributes = {}  # names that it has again, and what they said first
    events: list[Event] = []
    linked: list[Any] = []  # ids of traces
    came: Any = None  # the span as it came, in whatever form
    role: str | None = None  # where it does not say it itself


def read_request(record: bytes, _: Limits) -> Any:
    """A request as JSON says it. Of one span's text nothing is judged here: its line will be."""
    for decode in (typed.decode, _decode):
        try:
            request = decode(record)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        if _has_each_key_once(record, _encode(request)):
            return request
    return json.loads(record.decode(), object_pairs_hook=unique_keys)


def _has_each_key_once(record: bytes, spelled: bytes) -> bool:
    """A decoder in C keeps the last of two equal keys silently; then its spelling has fewer."""
    if record.startswith(spelled) and not record[len(spelled) :].strip():
        return True  # as most exporters spell it
    keys = _count_keys(record)
    return keys is not None and _count_keys(spelled) == keys


def _count_keys(record: bytes) -> int | None:
    """Colons behind quotes: keys, and what strings add to them. None where a key may hide from that."""
    text = np.frombuffer(record, np.uint8)
    before, colons = text[:-1], text[1:] == ord(":")
    if b"\\u00" in record or ((before <= ord(" ")) & colons).any():
        return None
    return int(np.count_nonzero((before == ord('"')) & colons))


def spans_of(request: Any) -> Iterator[Any] | None:
    """Spans, and what stands where a span should. None where it is no request for traces, so that it
    goes on as it came."""
    if isinstance(request, typed.Request):
        return _typed_spans(request)
    found = origins_of(request, "resourceSpans", "scopeSpans", "spans")
    return None if found is None else _spans(found)


Origins = Iterator[tuple["Origin", list[Any]]]


def origins_of(request: Any, resources: str, scopes: str, items: str) -> Origins | None:
    """A request down to what its scopes hold, which is judged one by one. None where something else
    may hold it: names as protobuf spells them, or those that scopes had before they were called so."""
    inside = request.get(resources) if isinstance(request, dict) else None
    if not isinstance(inside, list) or not all(isinstance(one, dict) for one in inside):
        return None
    if any(one.keys() - _BESIDE_SCOPES and scopes not in one for one in inside):
        return None
    found = [scope for one in inside for scope in _list(one, scopes)]
    if not all(isinstance(one, dict) and isinstance(one.get(items, []), list) for one in found):
        return None
    return _origins(inside, scopes, items)


def _origins(resources: list[dict[str, Any]], scopes: str, items: str) -> Origins:
    for one in resources:
        resource, _ = attributes_of(_object(one.get("resource")).get("attributes"))
        for scope in _list(one, scopes):
            schema = scope.get("schemaUrl") or one.get("schemaUrl")
            schema = schema if isinstance(schema, str) else ""
            yield Origin(resource, schema, came=one.get("resource")), _list(scope, items)


def _list(value: dict[str, Any], name: str) -> list[Any]:
    inside = value.get(name)
    return inside if isinstance(inside, list) else [inside] if inside is not None else _NO_LIST


def _spans(found: Origins) -> Iterator[Any]:
    for origin, spans in found:
        for span in spans:
            yield _span(origin, span) if isinstance(span, dict) else span


def _typed_spans(request: typed.Request) -> Iterator[Span]:
    for one in request.resource_spans:
        resource, _ = attributes_of(_object(one.resource).get("attributes"))
        for scope in one.scope_spans or ():
            schema = scope.schema_url or one.schema_url
            origin = Origin(resource, schema if isinstance(schema, str) else "", came=one.resource)
            for span in scope.spans or ():
                yield _of_typed(origin, span)


def _of_typed(origin: Origin, span: typed.Span) -> Span:
    failed, message = _outcome(span.status) if span.status else _WELL
    pairs, twice = span.attributes or (), _NONE
    attributes = {
        pair.key: said if (said := pair.value.string_value) is not None else _content_of(pair.value)
        for pair in pairs
    }
    if len(attributes) < len(pairs):
        attributes, twice = attributes_of(msgspec.to_builtins(pairs))
    return Span(
        origin,
        span.trace_id,
        span.span_id,
        span.parent_span_id,
        span.name,
        whole_number(span.start_time_unix_nano),
        whole_number(span.end_time_unix_nano),
        failed,
        message,
        attributes,
        twice,
        _events(span.events) if span.events else _NO_LIST,
        [link.get("traceId") for link in _objects(span.links)] if span.links else _NO_LIST,
        span,
    )


def _outcome(status: Any) -> tuple[bool, Any]:
    said = _object(status)
    return said.get("code") in _FAILED, said.get("message")


def _content_of(value: typed.Value) -> Any:
    if value.int_value is not None:
        return whole_number(value.int_value)
    if (double := value.double_value) is not None:
        return finite(double) if type(double) is float else _content("doubleValue", double)
    for form, content in zip(typed.FORMS, astuple(value), strict=True):
        if content is not None:
            return _content(form, content)
    return None


def _span(origin: Origin, span: dict[str, Any]) -> Span:
    get = span.get
    failed, message = _outcome(get("status"))
    attributes, twice = attributes_of(get("attributes"))
    return Span(
        origin,
        get("traceId"),
        get("spanId"),
        get("parentSpanId"),
        get("name"),
        whole_number(get("startTimeUnixNano")),
        whole_number(get("endTimeUnixNano")),
        failed,
        message,
        attributes,
        twice,
        _events(events) if (events := get("events")) else [],
        [link.get("traceId") for link in _objects(links)] if (links := get("links")) else [],
        span,
    )


def _events(events: Any) -> list[Event]:
    return [
        Event(
            str(event.get("name")),
            whole_number(event.get("timeUnixNano")),
            attributes_of(event.get("attributes"))[0],
        )
        for event in _objects(events)
    ]


def attributes_of(pairs: Any) -> tuple[Attributes, Attributes]:
    """And what was said first by the names that come more than once."""
    attributes: Attributes = {}
    twice: Attributes = {}
    for pair in pairs if isinstance(pairs, list) else _NO_LIST:
        try:
            name = pair["key"]
            value = pair["value"]
            if name in attributes:
                twice[name] = attributes[name]
            attributes[name] = value["stringValue"] if "stringValue" in value else value_of(value)
        except (KeyError, TypeError):
            attributes[f"#{len(attributes)}"] = pair  # no attribute: kept as what it is
    return attributes, twice


def value_of(value: Any) -> Any:
    """What is none of OTLP's stays as it is."""
    if not isinstance(value, dict) or not value:
        return value or None
    ((form, content),) = value.items() if len(value) == 1 else ((None, value),)
    return _content(form, content)


def _content(form: str | None, content: Any) -> Any:
    if form == "intValue":
        return whole_number(content)
    if form == "doubleValue":
        if isinstance(content, str):
            return _DOUBLES.get(content, content)
        # `5` is how some write a whole double; protobuf says 5.0 of the same.
        return finite(float(content) if type(content) is int and abs(content) < _EXACT else content)
    if form == "arrayValue":
        return [value_of(one) for one in _list(_object(content), "values")]
    if form == "kvlistValue":
        return attributes_of(_object(content).get("values"))[0]
    return content  # bool, bytes in base64, or what this version of OTLP does not have


def whole_number(content: Any) -> Any:
    """OTLP's JSON writes 64 bits as a string of digits."""
    if type(content) is not str:
        return content
    if content.isdigit() and len(content) <= _MOST_DIGITS and content.isascii():
        return int(content)
    return int(content) if _NEGATIVE(content) else content


def finite(number: Any) -> Any:
    return _NOT_FINITE if isinstance(number, float) and not math.isfinite(number) else number


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else _NO_LIST
