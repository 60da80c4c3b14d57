"""One span, read by the tables of the conventions: what it is, what it says, what is left over."""

import re
from typing import Any

import msgspec

from orchestration.sources.leftovers import Leftovers, characters, is_personal, lengths, short
from orchestration.sources.otlp.aside import GENERAL, KEPT, LENGTHS
from orchestration.sources.otlp.conventions import (
    DETAILS,
    FIELDS,
    KINDS,
    LISTS,
    MACHINE,
    NEWEST_SCHEMA,
    OPERATIONS,
    OURS,
    RESOURCE,
)
from orchestration.sources.otlp.spans import Attributes, Origin, Span
from orchestration.sources.otlp.texts import Items

_VERSION = re.compile(r"/(\d{1,4})\.(\d{1,4})\.\d+$")
_SPOKEN = frozenset({
    "input_messages", "output_messages", "input_value", "output_value", "retrieval_query",
    "evaluation.explanation", "documents",
})  # fmt: skip
_USED = ("input_tokens", "output_tokens")
_MODELS = ("model", "model_requested")


# What a name is: a field with its rank, ours, an item of a list, kept as it is, or put aside: whether
# it is known, and whether it is about a person.
_Class = tuple[str, Any, Any, Any]
# Names that are remembered: a hostile log has any number of them, of any length.
_MOST_CLASSES, _LONGEST_NAME = 10_000, 256


class Reading(msgspec.Struct, gc=False):
    span: Span
    around: Attributes  # what its resource says of every line
    left: Leftovers
    trace_id: Any
    span_id: Any
    role: str | None = None
    said: Attributes = {}
    envelope: Attributes = {}  # what it says of each of its lines
    ours: Attributes = {}  # contract fields that `assay.` attributes name
    lists: dict[str, Items] = {}

    def leftovers(self) -> Attributes | None:
        left, around = self.left, self.around["left"]
        span, said = self.span, self.said
        if around.known:
            left.known |= around.known
        if around.unknown:
            left.unknown |= around.unknown
        for name, items in self.lists.items():
            left.known[name] = {"items": len(items)}
        if self.role not in ("generation", "turn"):
            for name, value in said.items():
                if name in _SPOKEN:
                    left.known[name] = {"characters": characters(value)}
        if "kind" in said and str(said["kind"]) not in KINDS:
            left.keep("kind of a span", said["kind"], known=False)
        if "operation" in said and str(said["operation"]) not in OPERATIONS:
            left.keep("operation of a span", said["operation"], known=False)
        if _is_backwards(span):
            left.keep("end before start", True, known=False)
        return left.attributes()


def _is_backwards(span: Span) -> bool:
    try:
        return bool(0 < span.end_ns < span.start_ns)
    except TypeError:  # one of them is no time
        return False


def known_id(value: Any) -> Any:
    """Ids of zeros are OpenTelemetry's way to say none."""
    if isinstance(value, str):
        return value.lower() if value.strip("0") else None
    return value


def read(span: Span) -> Reading:
    around = span.origin.envelope or envelope_of(span.origin)
    left = Leftovers({"span": short(span.name)} if span.name else {})
    reading = Reading(span, around, left, known_id(span.trace_id), known_id(span.span_id))
    ranks: dict[str, int] = {}
    _take(reading, span.attributes, ranks)
    for event in span.events:
        if event.name in DETAILS:
            _take(reading, event.attributes, ranks)
    reading.role = span.role or _role(reading.said)
    return reading


def _take(reading: Reading, attributes: Attributes, ranks: dict[str, int]) -> None:
    said, lists, classes = reading.said, reading.lists, CLASSES
    for name, value in attributes.items():
        which, a, b, c = classes[name]
        if which == "field":
            if value != "" and (a not in said or b < ranks[a]):
                said[a] = value
                ranks[a] = b
        elif which == "item":
            if a not in lists:
                lists[a] = {b: {c: value}}
            elif b in (items := lists[a]):
                items[b][c] = value
            else:
                items[b] = {c: value}
        elif which == "known":
            reading.left.known[name] = short(value)
        elif which == "ours":
            reading.ours[a] = value
        else:
            kept = reading.left.known if a else reading.left.unknown
            kept[name] = lengths(value, b)


class _Classes(dict[str, _Class]):
    """What each name is, worked out when it comes first."""

    def __missing__(self, name: str) -> _Class:
        found = _class_of(name)
        if len(self) < _MOST_CLASSES and len(name) <= _LONGEST_NAME:
            self[name] = found
        return found


def _class_of(name: str) -> _Class:
    if name in FIELDS:
        return ("field", *FIELDS[name], None)
    if name.startswith(OURS):
        return ("ours", name.removeprefix(OURS), None, None)
    if name in KEPT:
        return ("known", None, None, None)
    if item := LISTS.fullmatch(name):
        return ("item", item.group(1), int(item.group(2)), item.group(3))
    is_known = name in LENGTHS or name.startswith(GENERAL)
    return ("aside", is_known, is_personal(name), None)


CLASSES = _Classes()


def _role(said: Attributes) -> str | None:
    """A kind or operation that no table knows is a part of its turn, or a call if it used tokens."""
    if (kind := said.get("kind")) is not None:
        known = KINDS.get(kind.upper(), "turn") if isinstance(kind, str) else "turn"
        if known is not None:
            return known
    if "evaluation.name" in said:
        return "evaluation"
    has_used = any(name in said for name in _USED)
    if (operation := said.get("operation")) is not None:
        found = OPERATIONS.get(operation) if isinstance(operation, str) else None
        return found or ("generation" if has_used else "turn")
    return _unnamed(said, has_used=has_used)


def _unnamed(said: Attributes, *, has_used: bool) -> str | None:
    """Neither a kind nor an operation. What an agent says it used, its calls have said one by one."""
    if any(name in said for name in _MODELS):
        return "generation"
    if "tool_call" in said and "tool" in said:
        return "tool"
    if has_used:
        return "turn" if "assistant" in said else "generation"
    return "turn" if "provider" in said else None


def envelope_of(origin: Origin) -> Attributes:
    """What the resource says of every line: fields of the envelope, `ours`, and what is left."""
    if origin.envelope is None:
        fields: Attributes = {}
        ours: Attributes = {}
        left = Leftovers()
        for name, value in origin.resource.items():
            if (field_name := RESOURCE.get(name)) is not None:
                if value != "":
                    fields.setdefault(field_name, value)
            elif name.startswith(OURS):
                ours[name.removeprefix(OURS)] = value
            elif not name.startswith(MACHINE):
                value = value if name in KEPT else lengths(value, is_personal(name))
                left.keep(name, value, known=True)
        if (version := _VERSION.search(origin.schema_url)) and (
            tuple(map(int, version.groups())) > NEWEST_SCHEMA
        ):
            left.keep("schema_url", origin.schema_url, known=False)
        origin.envelope = {"fields": fields, "ours": ours, "left": left}
    return origin.envelope
