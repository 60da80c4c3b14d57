"""One span, read by the tables of the conventions: what it is, what it says, what is left over."""

import re
from typing import Any

import msgspec

from orchestration.sources.leftovers import Leftovers, characters
from orchestration.sources.otlp.conventions import (
    DETAILS,
    FIELDS,
    GENERAL,
    KINDS,
    KNOWN,
    LISTS,
    MACHINE,
    NEWEST_SCHEMA,
    OPERATIONS,
    OURS,
    RESOURCE,
    TEXTS,
)
from orchestration.sources.otlp.spans import Attributes, Origin, Span
from orchestration.sources.otlp.texts import Items

_VERSION = re.compile(r"/(\d{1,4})\.(\d{1,4})\.\d+$")
_SPOKEN = frozenset({
    "input_messages", "output_messages", "input_value", "output_value", "retrieval_query",
    "evaluation.explanation", "documents",
})  # fmt: skip
_OF_A_CALL = ("input_tokens", "output_tokens", "provider", "model", "model_requested")


# What a name is: a field with its rank, ours, an item of a list, or kept as known or unknown.
_FIELD, _OURS, _ITEM, _KNOWN, _UNKNOWN = range(5)
_Class = tuple[int, Any, Any, Any]
_CLASSES: dict[str, _Class] = {}
_MOST_CLASSES = 10_000  # names that are remembered: a hostile log has any number


class Reading(msgspec.Struct, gc=False):
    span: Span
    around: Attributes  # what its resource says of every line
    role: str | None
    trace_id: Any
    span_id: Any
    said: Attributes = {}
    ours: Attributes = {}  # contract fields that `assay.` attributes name
    lists: dict[str, Items] = {}
    known: Attributes = {}
    unknown: Attributes = {}

    def leftovers(self) -> Attributes | None:
        left = Leftovers(TEXTS)
        span, said = self.span, self.said
        if isinstance(span.name, str) and span.name:
            left.keep("span", span.name, known=True)
        left.keep_all(self.known, known=True)
        left.keep_all(self.unknown, known=False)
        for name, value in self.around["attributes"].items():
            left.keep(name, value, known=name != "schema_url")
        for name, items in self.lists.items():
            left.known[name] = {"items": len(items)}
        if self.role not in ("generation", "turn") and not _SPOKEN.isdisjoint(said):
            for name in said:
                if name in _SPOKEN:
                    left.known[name] = {"characters": characters(said[name])}
        self._keep_oddities(left)
        return left.attributes()

    def _keep_oddities(self, left: Leftovers) -> None:
        said = self.said
        if "kind" in said and str(said["kind"]) not in KINDS:
            left.keep("kind of a span", said["kind"], known=False)
        if "operation" in said and str(said["operation"]) not in OPERATIONS:
            left.keep("operation of a span", said["operation"], known=False)
        if _is_backwards(self.span):
            left.keep("end before start", True, known=False)


def _is_backwards(span: Span) -> bool:
    start, end = span.start_ns, span.end_ns
    return isinstance(start, int) and isinstance(end, int) and 0 < end < start


def known_id(value: Any) -> Any:
    """Ids of zeros are OpenTelemetry's way to say none."""
    if isinstance(value, str):
        return value.lower() if value.strip("0") else None
    return value


def read(span: Span) -> Reading:
    around = span.origin.envelope or envelope_of(span.origin)
    reading = Reading(span, around, None, known_id(span.trace_id), known_id(span.span_id))
    ranks: dict[str, int] = {}
    _take(reading, span.attributes, ranks)
    for event in span.events:
        if event.name in DETAILS:
            _take(reading, event.attributes, ranks)
    reading.role = span.role or _role(reading.said)
    return reading


def _take(reading: Reading, attributes: Attributes, ranks: dict[str, int]) -> None:
    said, known = reading.said, reading.known
    for name, value in attributes.items():
        which, a, b, c = _CLASSES.get(name) or _class_of(name)
        if which == _FIELD:
            if value != "" and (a not in said or b < ranks[a]):
                said[a], ranks[a] = value, b
        elif which == _ITEM:
            reading.lists.setdefault(a, {}).setdefault(b, {})[c] = value
        elif which == _KNOWN:
            known[name] = value
        elif which == _OURS:
            reading.ours[a] = value
        else:
            reading.unknown[name] = value


def _class_of(name: str) -> _Class:
    found: _Class
    if name in FIELDS:
        found = (_FIELD, *FIELDS[name], None)
    elif name.startswith(OURS):
        found = (_OURS, name.removeprefix(OURS), None, None)
    elif name in KNOWN or name in TEXTS:
        found = (_KNOWN, None, None, None)
    elif item := LISTS.fullmatch(name):
        found = (_ITEM, item.group(1), int(item.group(2)), item.group(3))
    else:
        found = (_KNOWN if name.startswith(GENERAL) else _UNKNOWN, None, None, None)
    if len(_CLASSES) < _MOST_CLASSES:
        _CLASSES[name] = found
    return found


def _role(said: Attributes) -> str | None:
    """A kind or operation that no table knows is a part of its turn, or a call if it used tokens."""
    used = "input_tokens" in said or "output_tokens" in said
    kind, operation = said.get("kind"), said.get("operation")
    if kind is not None:
        return KINDS.get(kind.upper(), "turn") if isinstance(kind, str) else "turn"
    if "evaluation.name" in said:
        return "evaluation"
    if operation is not None:
        found = OPERATIONS.get(operation) if isinstance(operation, str) else None
        return found or ("generation" if used else "turn")
    return "generation" if any(name in said for name in _OF_A_CALL) else None


def envelope_of(origin: Origin) -> Attributes:
    """What the resource says of every line: fields of the envelope, `ours`, and what is left."""
    if origin.envelope is None:
        fields: Attributes = {}
        ours: Attributes = {}
        left: Attributes = {}
        for name, value in origin.resource.items():
            if (field_name := RESOURCE.get(name)) is not None:
                if value != "":
                    fields.setdefault(field_name, value)
            elif name.startswith(OURS):
                ours[name.removeprefix(OURS)] = value
            elif not name.startswith(MACHINE):
                left[name] = value
        if (version := _VERSION.search(origin.schema_url)) and (
            tuple(map(int, version.groups())) > NEWEST_SCHEMA
        ):
            left["schema_url"] = origin.schema_url
        origin.envelope = {"fields": fields, "ours": ours, "attributes": left}
    return origin.envelope
