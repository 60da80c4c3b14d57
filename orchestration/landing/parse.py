"""Lines to events, fast: one typed decode a line, and proof that no key stood in it twice.

A decoder in C keeps the last of two equal keys silently. The proof is a count: without blanks before
colons, a line has at least one `":` for every key, so when the line has no more of them than its own
canonical spelling (or its untyped reading) has keys, no key was repeated. Everything that this does
not settle goes to `diagnose`, which is slow and exact.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec

from orchestration.landing.contract import Event, Query
from orchestration.landing.diagnose import DECODER, diagnose
from orchestration.landing.limits import Limits
from orchestration.landing.reasons import Reason, Refused
from orchestration.landing.rules import check_rules

_COLON = b'":'
# Escapes that can spell a quote, a colon or a NUL; blanks that can hide a key from the count.
_ESCAPES = (b"\\u0000", b"\\u0022", b"\\u003a", b"\\u003A")
_BLANKS = (b" :", b"\t:", b"\r:")
_canonical = msgspec.json.Encoder(order="deterministic").encode
_untyped = msgspec.json.Decoder().decode
_UNSETTLED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Refused)


@dataclass
class Slice:
    """Consecutive lines of one source; `byte_start` counts in the unpacked stream."""

    first_line: int
    byte_start: int
    lines: list[bytes]
    terminated: bool = True  # False where the last line ends the stream without a newline

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


def parse(lines: Slice, limits: Limits) -> Parsed:
    parsed = Parsed(lines)
    reader = LineReader(limits, lines.lines)
    for index, line in enumerate(lines.lines):
        try:
            event, content, drift = reader.read(line)
        except Refused as refused:
            cut = index == len(lines.lines) - 1 and not lines.terminated
            parsed.refused.append((index, _as_cut(refused) if cut else refused))
            continue
        parsed.events.append(event)
        parsed.indexes.append(index)
        parsed.keys.append(key_hash(event))
        parsed.contents.append(hashlib.sha256(content).digest()[:16])
        for name in drift:
            parsed.drift[kind_of(event), event.source, name] += 1
    return parsed


def _as_cut(refused: Refused) -> Refused:
    """What a cut does to a line; any other fault of a last line keeps its own name."""
    if refused.reason in (Reason.BAD_JSON, Reason.BAD_UTF8):
        return Refused(Reason.TRUNCATED_TAIL)
    return refused


class LineReader:
    """Reads the lines of one slice; what a whole slice is free of is not looked for in each line."""

    def __init__(self, limits: Limits, lines: list[bytes]) -> None:
        self.limits = limits
        self.latest = limits.latest()
        blob = b"\n".join(lines)
        self.blanks = [blank for blank in _BLANKS if blank in blob]
        self.escapes = [escape for escape in _ESCAPES if escape in blob]

    def read(self, line: bytes) -> tuple[Event, bytes, list[str]]:
        """The event, its canonical content and its unknown fields, or `Refused`."""
        try:
            event = DECODER.decode(line)
            filled = type(event) is Query and event.query_id is None
            check_rules(event, self.latest)
            content = _canonical(event)
        except _UNSETTLED:
            return self._exactly(line)
        keys = line.count(_COLON) + filled
        if (keys != content.count(_COLON) and keys != _count_keys(_untyped(line)) + filled) or (
            self._is_suspect(line)
        ):
            return self._exactly(line)
        return event, content, []

    def _exactly(self, line: bytes) -> tuple[Event, bytes, list[str]]:
        event, drift = diagnose(line, self.limits, self.latest)
        return event, _canonical(event), drift

    def _is_suspect(self, line: bytes) -> bool:
        return (
            len(line) > self.limits.line_bytes
            or any(blank in line for blank in self.blanks)
            or any(escape in line for escape in self.escapes)
            or (line.count(b"{") + line.count(b"[") > self.limits.depth)
        )


def _count_keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_count_keys(item) for item in value.values())
    if isinstance(value, list):
        return sum(_count_keys(item) for item in value)
    return 0


def kind_of(event: Event) -> str:
    return str(event.__struct_config__.tag)


def key_hash(event: Event) -> bytes:
    """128 bits that stand for (workspace, kind, event_id), however long the ids are."""
    workspace = event.workspace
    name = f"{len(workspace)}:{workspace}{event.__struct_config__.tag}:{event.event_id}"
    return hashlib.sha256(name.encode()).digest()[:16]
