"""Lines to events, fast: one typed decode a line, and proof that no key stood in it twice.

A decoder in C keeps the last of two equal keys silently. The proof is a count: without blanks before
colons, each key of a line ends in `":`, and strings can only add to that. The canonical spelling holds
each key once, so a line with no more of them repeated none. What this does not settle is read exactly,
by `diagnose`.
"""

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from orchestration.landing.contract import (
    KINDS,
    Audit,
    Bill,
    Change,
    Evaluation,
    Event,
    Metric,
    Outcome,
    Query,
    Retrieval,
)
from orchestration.landing.diagnose import DECODER, diagnose
from orchestration.landing.limits import Limits
from orchestration.landing.reasons import Reason, Refused
from orchestration.landing.rules import normalise

_KEY_END = b'":'
# Blanks that can stand between a key and its colon; unescaped, the last three stand nowhere else.
_BLANKS = (b" :", b"\t", b"\r", b"\n")
# Escapes that spell a NUL, or a quote or colon that the counts would not see.
_ESCAPES = (b"\\u0000", b"\\u0022", b"\\u003a", b"\\u003A")
_canonical = msgspec.json.Encoder(order="deterministic").encode
_untyped = msgspec.json.Decoder().decode
_sha256 = hashlib.sha256
_KIND_NAMES = {struct: kind for kind, struct in KINDS.items()}
_NESTING = {Retrieval, Evaluation, Outcome, Change, Metric, Bill, Audit}


@dataclass
class Slice:
    """Consecutive lines of one source; `byte_start` counts in the unpacked stream."""

    first_line: int
    byte_start: int
    lines: list[bytes]
    terminated: bool = True  # False where the last line ends the stream without a newline

    @property
    def byte_length(self) -> int:
        return self.offset_of(len(self.lines)) - self.byte_start

    def offset_of(self, index: int) -> int:
        return self.byte_start + sum(len(line) + 1 for line in self.lines[:index])


@dataclass
class Parsed:
    """What a slice holds. The four lists of events run in parallel."""

    slice: Slice
    events: list[Event] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    refused: list[tuple[int, Refused]] = field(default_factory=list)
    drift: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def by_type(self, among: Iterable[int] | None = None) -> dict[type[Event], list[int]]:
        """Positions of the events of each kind, all or some of them."""
        grouped: defaultdict[type[Event], list[int]] = defaultdict(list)
        events = self.events
        for position in range(len(events)) if among is None else among:
            grouped[type(events[position])].append(position)
        return grouped

    def add(self, index: int, event: Event, content: bytes) -> None:
        self.events.append(event)
        self.indexes.append(index)
        workspace = event.workspace
        name = f"{len(workspace)}:{workspace}{_KIND_NAMES[type(event)]}:{event.event_id}"
        # 128 bits that stand for (workspace, kind, event_id), however long the ids are.
        self.keys.append(_sha256(name.encode()).digest()[:16])
        self.contents.append(_sha256(content).digest()[:16])
        if type(event) is Query and event.query_id is None:
            event.query_id = event.event_id  # after the content, which leaves the default out

    def refuse(self, index: int, refused: Refused) -> None:
        """A cut names itself; any other fault of a last line keeps its own name."""
        cut = index == len(self.slice.lines) - 1 and not self.slice.terminated
        if cut and refused.reason in (Reason.BAD_JSON, Reason.BAD_UTF8):
            refused = Refused(Reason.TRUNCATED_TAIL)
        self.refused.append((index, refused))


def parse(lines: Slice, limits: Limits) -> Parsed:
    """The hottest loop of all: what a whole slice is free of is not looked for in each line."""
    parsed = Parsed(lines)
    latest, most_bytes = limits.latest(), limits.line_bytes
    blob = b"".join(lines.lines)
    marks = [mark for mark in _BLANKS if mark in blob]
    if b"\\u00" in blob:
        marks += [mark for mark in _ESCAPES if mark in blob]
    for index, line in enumerate(lines.lines):
        try:
            event = DECODER.decode(line)
            content = _canonical(event)
            if (
                (line.count(_KEY_END) != content.count(_KEY_END) and not _keys_are_distinct(line))
                or len(line) > most_bytes
                or (_may_nest(event) and line.count(b"{") + line.count(b"[") > limits.depth)
            ):
                raise _UnsettledError
            for mark in marks:
                if mark in line:
                    raise _UnsettledError
            if normalise(event, latest):
                content = _canonical(event)
        except _UNSETTLED:
            _add_exactly(parsed, index, limits, latest)
        else:
            parsed.add(index, event, content)
    return parsed


class _UnsettledError(Exception):
    """Not refused: only to be read exactly."""


_UNSETTLED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Refused, _UnsettledError)


def _add_exactly(parsed: Parsed, index: int, limits: Limits, latest: dt.datetime) -> None:
    try:
        event, drift = diagnose(parsed.slice.lines[index], limits, latest)
    except Refused as refused:
        parsed.refuse(index, refused)
        return
    parsed.add(index, event, _canonical(event))
    for name in drift:
        parsed.drift[kind_of(event), event.source, name] += 1


def _may_nest(event: Event) -> bool:
    return event.attributes is not None or type(event) in _NESTING


def _keys_are_distinct(line: bytes) -> bool:
    """The same proof from the untyped reading, for lines that spell out nulls or defaults."""
    return line.count(_KEY_END) == _count_keys(_untyped(line))


def _count_keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_count_keys(item) for item in value.values())
    if isinstance(value, list):
        return sum(_count_keys(item) for item in value)
    return 0


def kind_of(event: Event) -> str:
    return str(event.__struct_config__.tag)
