"""JSON values of a stream one by one: a line each, or the elements of one array."""

import re
from collections.abc import Callable, Iterator

from orchestration.landing.limits import Limits
from orchestration.landing.packed import CHUNK
from orchestration.sources.source import BOM, Record, Stream, split_lines

_BLANK = b" \t\r\n"
# Strings whole, or from their beginning to what has been read so far; and what nests.
_MARK = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},]|"', re.DOTALL)


def tells_within(*tell: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
    """Knows its own in lines, and in the elements of an array."""

    def tells(head: bytes) -> bool:
        if head.lstrip().startswith(b"["):
            head = head.lstrip()[1:].replace(b"\n", b" ")
        return any(one(head) for one in tell)

    return tells


def split_values(stream: Stream, limits: Limits) -> Iterator[Record]:
    head = stream.read(CHUNK)
    while head and not head.removeprefix(BOM).strip(_BLANK):
        more = stream.read(CHUNK)
        if not more:
            break
        head += more
    begun = _Begun(head.removeprefix(BOM), stream)
    if head.removeprefix(BOM).lstrip(_BLANK).startswith(b"["):
        yield from _elements(begun, limits)
    else:
        yield from split_lines(begun, limits)


class _Begun:
    def __init__(self, head: bytes, rest: Stream) -> None:
        self.head, self.rest = head, rest

    def read(self, size: int = -1, /) -> bytes:
        head, self.head = self.head, b""
        return head or self.rest.read(size)


def _elements(stream: Stream, limits: Limits) -> Iterator[Record]:
    """Each element of the array on one line. What follows its end, or its cut, goes on by itself."""
    text = stream.read(CHUNK).lstrip(_BLANK)[1:]
    depth = start = place = 0
    while True:
        mark = _MARK.search(text, place)
        if mark is None or mark.group() == b'"':
            if start:
                text, place, start = text[start:], place - start, 0
            place = mark.start() if mark else len(text)
            if len(text) > limits.record_bytes:
                yield from _rest(text, stream)
                return
            chunk = stream.read(CHUNK)
            if not chunk:
                break
            text += chunk
            continue
        place, sign = mark.end(), mark.group()
        if sign in b"[{":
            depth += 1
        elif sign in b"]}" and depth:
            depth -= 1
        elif not depth and sign in b",]":
            yield from _element(text[start : mark.start()], end=b"\n")
            start = place
            if sign == b"]":
                yield from _behind(text[start:], stream)
                return
    yield from _element(text[start:], end=b"", unended=True)


def _element(content: bytes, end: bytes, *, unended: bool = False) -> Iterator[Record]:
    if content.strip(_BLANK):
        # Between tokens a line break is as good as a blank, and within a string there is none.
        yield Record(
            content.strip(_BLANK).replace(b"\r", b" ").replace(b"\n", b" ") + end, unended=unended
        )


def _rest(text: bytes, stream: Stream) -> Iterator[Record]:
    """One element that is too long takes what comes behind it along: its end is not looked for."""
    while text:
        yield Record(text.replace(b"\n", b" "), whole=False)
        text = stream.read(CHUNK)


def _behind(text: bytes, stream: Stream) -> Iterator[Record]:
    """What follows the array: hardly ever anything but blanks."""
    while not text.strip(_BLANK):
        text = stream.read(CHUNK)
        if not text:
            return
    yield from _rest(text.lstrip(_BLANK), stream)
