"""What a source is: how its stream falls into records, and a record into lines of the contract."""

import datetime as dt
import gc
import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

import msgspec

from orchestration.landing.contract import KINDS, Event
from orchestration.landing.diagnose import diagnose, read_json
from orchestration.landing.limits import Limits
from orchestration.landing.packed import CHUNK
from orchestration.landing.reasons import Refused
from orchestration.landing.rules import SPELLING, normalise

HEAD = 1 << 16  # bytes that a source may look at to know its own
BOM = b"\xef\xbb\xbf"
Line = dict[str, Any]
Told = tuple[bytes, Event | None]  # a line of the contract, and what it says
_encoder = msgspec.json.Encoder(decimal_format="number")
CAME_AS = "came_as"  # of a line: how to tell what it was made of, should it be refused
_NUL, _NAN = b"\\u0000", b"NaN"  # what an event can hold, and no line
_BACKSLASH, _N = b"\\N"
_UNSPELLED = (ValueError, OverflowError, TypeError, msgspec.MsgspecError)


class Stream(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Record(NamedTuple):
    """`whole` is False for a piece of something that is too long to be read at once; `unended` is True
    for the last line of a file that ends without a newline."""

    content: bytes
    whole: bool = True
    unended: bool = False


def exactly(record: bytes, limits: Limits) -> Any:
    """One JSON value by the rules of a contract line, but for its length."""
    return read_json(record, limits)


def split_lines(stream: Stream, limits: Limits) -> Iterator[Record]:
    """Lines with their newlines; what is longer than a record may be comes in pieces."""
    rest, chunk = b"", stream.read(CHUNK)
    while chunk:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (Record(line + b"\n", len(line) <= limits.record_bytes) for line in lines)
        behind = b""
        if len(rest) > limits.record_bytes:
            yield Record(rest, whole=False)
            rest, behind = b"", (yield from _long_line(stream))
        chunk = behind or stream.read(CHUNK)
    if rest:
        yield Record(rest, unended=True)


def _long_line(stream: Stream) -> Generator[Record, None, bytes]:
    """The rest of it; returns what was read beyond its end."""
    while chunk := stream.read(CHUNK):
        head, newline, rest = chunk.partition(b"\n")
        yield Record(head + newline, whole=False)
        if newline:
            return rest
    return b""


@dataclass(frozen=True)
class Source:
    """`lines` is pure: a record to contract lines, or None where the record is not of this source.

    `keeps`: a line that will be refused takes its record along, so that a replay can make it anew.
    """

    name: str
    tells: Callable[[bytes], bool]
    lines: Callable[[Any], Iterable[Line] | None]
    decode: Callable[[bytes, Limits], Any] = exactly
    records: Callable[[Stream, Limits], Iterator[Record]] = split_lines
    keeps: bool = False

    def translate(
        self, record: bytes, limits: Limits, refused: list[Refused] | None = None
    ) -> bytes | None:
        """Contract lines, each with its newline; None where the record has to go on as it came.

        `refused` hears why some of those that can tell what they were made of will be.
        """
        told = self.told(record, limits, refused)
        return None if told is None else b"".join([line + b"\n" for line, _ in told])

    def told(
        self, record: bytes, limits: Limits, refused: list[Refused] | None = None
    ) -> list[Told] | None:
        """The same one by one, with what they say where that is proved."""
        latest = limits.latest()
        found = [] if refused is None else refused
        try:
            with _uncollected():
                said = self.decode(record, limits)
                lines = self.lines(said)
                if lines is None:
                    return None
                if self.keeps:
                    lines = ({**line, CAME_AS: partial(as_it_came, self.name, said)} for line in lines)
                return [
                    _proved(line, limits, latest, found) if CAME_AS in line else (spelled(line), None)
                    for line in lines
                ]
        except Exception:  # whatever a record holds, those beside it land
            return None


def as_it_came(source: str, record: Any) -> dict[str, Any]:
    return {"source": source, "record": record}


@contextmanager
def _uncollected() -> Iterator[None]:
    """What a record becomes dies with it, and is not cyclic: looking for cycles is time lost."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _proved(line: Line, limits: Limits, latest: dt.datetime, refused: list[Refused]) -> Told:
    """A line that will be refused takes along what it was made of: a replay can make it anew."""
    came_as = line.pop(CAME_AS)
    try:
        event = msgspec.convert(line, KINDS[line["kind"]])
        normalise(event, latest)
        said = SPELLING.encode(event)
        if len(said) <= limits.line_bytes and not _is_unspeakable(said):
            return said, event
    except (*_UNSPELLED, KeyError, Refused):
        pass
    line = {name: value for name, value in line.items() if value is not None}
    said = spelled(line)
    try:
        diagnose(said, limits, latest)
    except Refused as why:
        refused.append(Refused(why.reason, why.path))
        whole = spelled({**line, CAME_AS: came_as()}) if came_as else said
        return (whole if len(whole) <= limits.line_bytes else said), None
    return said, None


def _is_unspeakable(said: bytes) -> bool:
    """`in` finds a byte sooner than `find` does; a word it would first try as a number."""
    return (_BACKSLASH in said and said.find(_NUL) >= 0) or (_N in said and said.find(_NAN) >= 0)


def spelled(line: Line) -> bytes:
    """The line as a producer would have written it, also where the rules of a line will refuse it."""
    try:
        return _encoder.encode(line)
    except _UNSPELLED:
        return json.dumps(line, default=_as_text).encode()


def _as_text(value: Any) -> str:
    """A line that is refused and kept has to come out the same each time."""
    return bytes(value).decode(errors="replace") if isinstance(value, msgspec.Raw) else str(value)


def has_keys(*names: str) -> Callable[[bytes], bool]:
    """Tells JSON lines by keys that the first of them has; a key may stand anywhere in it."""
    keys = [re.compile(rb'"%s"\s*:' % re.escape(name.encode())) for name in names]

    def tells(head: bytes) -> bool:
        first = head.removeprefix(BOM).lstrip().partition(b"\n")[0]
        return first.startswith(b"{") and all(key.search(first) for key in keys)

    return tells


class Again:
    """A stream of which the beginning has been read already."""

    def __init__(self, head: bytes, rest: Stream) -> None:
        self.head, self.rest = head, rest

    def read(self, size: int = -1, /) -> bytes:
        if not self.head:
            return self.rest.read(size)
        head, self.head = self.head, b""
        return head


def source_of(head: bytes, found: Iterable[Source]) -> Source | None:
    return next((source for source in found if source.tells(head)), None)
