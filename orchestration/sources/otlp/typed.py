"""A request for traces as OTLP's JSON has it, for a decoder in C."""

from typing import Any

import msgspec


class _Typed(msgspec.Struct, rename="camel", omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """What is only a little otherwise is read as a tree of objects."""


class Value(_Typed):
    string_value: Any = None
    int_value: Any = None
    double_value: Any = None
    bool_value: Any = None
    array_value: Any = None
    kvlist_value: Any = None
    bytes_value: Any = None


class Pair(_Typed):
    key: str
    value: Value


class Span(_Typed):
    trace_id: Any = None
    span_id: Any = None
    trace_state: Any = None
    parent_span_id: Any = None
    flags: Any = None
    name: Any = None
    kind: Any = None
    start_time_unix_nano: Any = None
    end_time_unix_nano: Any = None
    attributes: list[Pair] | None = None
    dropped_attributes_count: Any = None
    events: Any = None
    dropped_events_count: Any = None
    links: Any = None
    dropped_links_count: Any = None
    status: Any = None


class Scope(_Typed):
    scope: Any = None
    spans: list[Span] | None = None
    schema_url: Any = None


class Resource(_Typed):
    resource: Any = None
    scope_spans: list[Scope] | None = None
    schema_url: Any = None


class Request(_Typed):
    resource_spans: list[Resource]


FORMS = Value.__struct_encode_fields__
decode = msgspec.json.Decoder(Request).decode
