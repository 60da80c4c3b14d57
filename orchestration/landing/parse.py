"""Lines to events, fast: a typed decode a line, and for many lines at once proof that no key repeats.

A decoder in C keeps the last of two equal keys silently. The proof is a count: without blanks before
colons, each key of a line ends in `":`, and strings can only add to that. The canonical spelling holds
each key once, so a line with no more of them than that repeated none. What this does not settle is
read exactly, by `diagnose`.
"""

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import groupby, islice
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from orchestration.landing.contract import DEFAULT_SOURCE, KINDS, Cost, Event, Feedback, Query
from orchestration.landing.diagnose import DECODER, diagnose
from orchestration.landing.limits import Limits
from orchestration.landing.reasons import Reason, Refused
from orchestration.landing.rules import SPELLING, normalise
from orchestration.sources.leftovers import UNKNOWN

# Lines are looked at together, as many as stay in the processor's cache.
_TOGETHER_BYTES = 1 << 18
_KEY_END = b'":'
# Escapes that spell a NUL, or a quote or colon that the counts would not see.
_ESCAPES = (b"\\u0000", b"\\u0022", b"\\u003a", b"\\u003A")
# Keys of defaults that look the same whether a line spelled them out or not.
_SILENT_DEFAULTS: dict[type[Event], bytes] = {Cost: b'"requests":', Feedback: b'"answered":'}
_Found = npt.NDArray[np.bool_]
_UNREAD = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Refused)
_MOST_UNKNOWN = 100  # names a line: nobody reads more, and a hostile log has any number
_LONGEST_NAME = 200  # characters that drift keeps of a name: an index entry has room for no more
_NOTHING = b"null"  # how no event is spelled
_untyped = msgspec.json.Decoder().decode
_sha256 = hashlib.sha256
_md5 = partial(hashlib.md5, usedforsecurity=False)
_KIND_NAMES = {struct: kind for kind, struct in KINDS.items()}


@dataclass
class Slice:
    """Consecutive lines of one source; `byte_start` counts in the unpacked stream."""

    first_line: int
    byte_start: int
    content: bytes | list[bytes]  # the lines as they stood without the last newline, or one by one
    terminated: bool = True  # False where the last line ends the stream without a newline
    # What lines say that are spelled as we spell them, by their places: whoever spelled them proved it.
    known: dict[int, Event] = field(default_factory=dict)

    @cached_property
    def lines(self) -> list[bytes]:
        return self.content.split(b"\n") if isinstance(self.content, bytes) else self.content

    @cached_property
    def blob(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else b"\n".join(self.content)

    @property
    def byte_length(self) -> int:
        return len(self.blob) + 1


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

    def refuse(self, index: int, refused: Refused) -> None:
        """A cut names itself; any other fault of a last line keeps its own name."""
        reason, path = refused.reason, refused.path
        cut = index == len(self.slice.lines) - 1 and not self.slice.terminated
        if cut and reason in (Reason.BAD_JSON, Reason.BAD_UTF8):
            reason, path = Reason.TRUNCATED_TAIL, "$"
        # A new one: what was raised knows its frames, they know us, and nobody would free the circle.
        self.refused.append((index, Refused(reason, path)))


def parse(lines: Slice, limits: Limits, latest: dt.datetime | None = None) -> Parsed:
    """`latest`: how far ahead a line may be, where that is not for the limits to say."""
    parsed = Parsed(lines)
    latest = latest or limits.latest()
    add = _add_known if lines.known else _add
    together = max(1, _TOGETHER_BYTES * len(lines.lines) // (len(lines.blob) + 1))
    for start in range(0, len(lines.lines), together):
        add(parsed, start, lines.lines[start : start + together], limits, latest)
    return parsed


def _add(parsed: Parsed, start: int, lines: list[bytes], limits: Limits, latest: dt.datetime) -> None:
    events, unread, dropped = _decoded(lines, latest)
    spellings = list(map(SPELLING.encode, events))
    for place in _unsettled(lines, events, unread, spellings, dropped, limits):
        events[place] = event = _exactly(parsed, start + place, limits, latest)
        spellings[place] = SPELLING.encode(event)
    kept = [event for event in events if event is not None]
    if len(kept) < len(events):
        spellings = [spelling for spelling in spellings if spelling != _NOTHING]
    places = [start + place for place, event in enumerate(events) if event is not None]
    _take(parsed, places, kept, spellings)


def _take(parsed: Parsed, places: list[int], events: list[Event], spellings: list[bytes]) -> None:
    parsed.events += events
    parsed.indexes += places
    parsed.keys += _keys(events)
    parsed.contents += [_sha256(spelling).digest()[:16] for spelling in spellings]
    for event in events:
        if type(event) is Query and event.query_id is None:
            event.query_id = event.event_id  # after the content, which leaves the default out
        if event.source is not DEFAULT_SOURCE and event.attributes:
            _count_unknown(parsed.drift, event)


def _add_known(
    parsed: Parsed, start: int, lines: list[bytes], limits: Limits, latest: dt.datetime
) -> None:
    """Events as they come, and between them what nobody has read yet."""
    known = parsed.slice.known
    deep = {start + place for place in _places(_Text(lines).brackets() > limits.depth)}
    all_places = range(start, start + len(lines))
    for is_known, run in groupby(all_places, key=lambda place: place in known and place not in deep):
        places = [*run]
        among = lines[places[0] - start : places[-1] + 1 - start]
        if is_known:
            _take(parsed, places, [known[place] for place in places], among)
        else:
            _add(parsed, places[0], among, limits, latest)


def _count_unknown(drift: Counter[tuple[str, str, str]], event: Event) -> None:
    """What the source of a line did not know, as `sources.leftovers` sets it apart."""
    unknown = (event.attributes or {}).get(UNKNOWN)
    if isinstance(unknown, dict):
        _count_names(drift, event, unknown)


def _count_names(drift: Counter[tuple[str, str, str]], event: Event, unknown: Iterable[str]) -> None:
    for name in islice(unknown, _MOST_UNKNOWN):
        drift[kind_of(event), short_name(event.source), short_name(name)] += 1


def short_name(name: str) -> str:
    """As the macro of that name makes it: two names stay two."""
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 20]} ~{_md5(name.encode()).hexdigest()[:16]}"


def _decoded(lines: list[bytes], latest: dt.datetime) -> tuple[list[Event | None], set[int], list[int]]:
    """What each line says if its keys are distinct, and how many of them its one spelling drops.

    None is not refused, only to be read exactly; the places of those come along.
    """
    events: list[Event | None] = []
    unread: set[int] = set()
    decoded = map(DECODER.decode, lines)
    while len(events) < len(lines):
        try:
            events.extend(decoded)
        except _UNREAD:  # of the line after those that were taken; the next call goes on behind it
            unread.add(len(events))
            events.append(None)
    dropped = [0] * len(events)
    for place, event in enumerate(events):
        if event is not None:
            try:
                dropped[place] = normalise(event, latest)
            except Refused:
                unread.add(place)
                events[place] = None
    return events, unread, dropped


def _keys(events: list[Event]) -> list[bytes]:
    """128 bits each that stand for (workspace, kind, event_id), however long the ids are."""
    names = [
        f"{len(space := event.workspace)}:{space}{_KIND_NAMES[type(event)]}:{event.event_id}"
        for event in events
    ]
    return [_sha256(name.encode()).digest()[:16] for name in names]


def _exactly(parsed: Parsed, index: int, limits: Limits, latest: dt.datetime) -> Event | None:
    try:
        event, drift = diagnose(parsed.slice.lines[index], limits, latest)
    except Refused as refused:
        parsed.refuse(index, refused)
        return None
    _count_names(parsed.drift, event, drift)
    return event


def _unsettled(
    lines: list[bytes],
    events: list[Event | None],
    unread: set[int],
    spellings: list[bytes],
    dropped: list[int],
    limits: Limits,
) -> list[int]:
    """Places of the lines of which not everything is proved yet."""
    text = _Text(lines)
    escaping = {
        place for place in text.holding_escapes() if any(escape in lines[place] for escape in _ESCAPES)
    }
    doubtful = unread | escaping | text.holding(text.blanks())
    silent = _silent_defaults(lines, events, spellings) - doubtful
    doubtful |= _repeating(text, spellings, dropped, silent, doubtful)
    beyond = (text.brackets() > limits.depth) | (text.lengths > limits.line_bytes)
    return sorted(doubtful.union(_places(beyond)))


def _silent_defaults(
    lines: list[bytes], events: list[Event | None], spellings: list[bytes]
) -> set[int]:
    """Places of the lines that spell out a default which leaves no trace but in their spelling."""
    return {
        place
        for place, event in enumerate(events)
        if (name := _SILENT_DEFAULTS.get(type(event)))  # type: ignore[arg-type]
        and lines[place].find(name) >= 0  # `in` would first try the name as a number
        and spellings[place].find(name) < 0
    }


def _repeating(
    text: "_Text",
    spellings: list[bytes],
    dropped: list[int],
    silent: set[int],
    doubtful: set[int],
) -> set[int]:
    """Places of the lines, but for the doubtful ones, that may repeat a key.

    None of them hides a key, so each has at least those that we expect of it: where all together have
    no more than that, each of them has just these.
    """
    lines, in_spellings = text.lines, _Text(spellings)
    keys, spelled_keys = text.pairs(_KEY_END), in_spellings.pairs(_KEY_END)
    more = np.count_nonzero(keys) - np.count_nonzero(spelled_keys) - sum(dropped) - len(silent)
    for place in doubtful:
        more -= lines[place].count(_KEY_END) - spellings[place].count(_KEY_END) - dropped[place]
    if more == 0:
        return set()
    each = text.per_line(keys) - in_spellings.per_line(spelled_keys) - dropped
    return {
        place
        for place in {*_places(each != 0)} - doubtful
        if each[place] != (place in silent)
        and lines[place].count(_KEY_END) != _count_keys(_untyped(lines[place]))
    }


def _places(where: _Found) -> list[int]:
    places: list[int] = np.flatnonzero(where).tolist()
    return places


class _Text:
    """The bytes of many lines, looked at all at once."""

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines
        self.joined = b"".join(lines)
        self.bytes = np.frombuffer(self.joined, np.uint8)

    @cached_property
    def lengths(self) -> npt.NDArray[np.int64]:
        return np.fromiter(map(len, self.lines), np.int64, len(self.lines))

    @cached_property
    def ends(self) -> npt.NDArray[np.int64]:
        return np.cumsum(self.lengths)

    def pairs(self, pair: bytes) -> _Found:
        found: _Found = (self.bytes[:-1] == pair[0]) & (self.bytes[1:] == pair[1])
        return found

    def blanks(self) -> _Found:
        """Those before a colon: they may part it from its key."""
        found: _Found = (self.bytes[:-1] <= ord(" ")) & (self.bytes[1:] == ord(":"))
        return found

    def brackets(self) -> npt.NDArray[np.int64]:
        """Opening ones: no line nests deeper than it has of them."""
        return self.per_line(self.bytes | 0x20 == ord("{"))  # the bit between `[` and `{`

    def holding_escapes(self) -> set[int]:
        return self.holding(self.pairs(b"\\u")) if b"\\" in self.joined else set()

    def holding(self, found: _Found) -> set[int]:
        """Places of the lines in which something was found."""
        if not found.any():
            return set()
        return {*np.searchsorted(self.ends, np.flatnonzero(found), side="right").tolist()}

    def per_line(self, found: _Found) -> npt.NDArray[np.int64]:
        return np.diff(np.searchsorted(np.flatnonzero(found), self.ends), prepend=0)


def _count_keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_count_keys(item) for item in value.values())
    if isinstance(value, list):
        return sum(_count_keys(item) for item in value)
    return 0


def kind_of(event: Event) -> str:
    return _KIND_NAMES[type(event)]
