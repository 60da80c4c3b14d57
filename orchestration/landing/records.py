"""Records of other systems' logs, in groups: whoever lands a group translates it, so that what its
lines say need not be read again. Only then is known how many lines it makes, and where they stand.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Self

from orchestration.landing.limits import Limits
from orchestration.landing.packed import BrokenStreamError
from orchestration.landing.parse import Slice
from orchestration.landing.slices import UNPLACED, Pending, Unreadable, read_slices
from orchestration.sources.source import Record, Source, Stream


@dataclass
class Records:
    """Consecutive ones of a source; `unended` where the last of them ends a file without a newline."""

    source: Source
    contents: list[bytes] = field(default_factory=list)
    byte_length: int = 0
    unended: bool = False

    def add(self, record: Record) -> None:
        self.contents.append(record.content)
        self.byte_length += len(record.content)
        self.unended = record.unended

    def is_full(self, limits: Limits) -> bool:
        """Of most logs that is a batch. What makes more lines than a batch has makes several."""
        few = len(self.contents) * 2 < limits.batch_lines
        return not few or self.byte_length * 4 >= limits.batch_bytes * 3


Item = Records | Slice | Unreadable


@dataclass
class Place:
    """Where the next line of a translated log stands, in the stream of its lines."""

    line: int = 1
    byte: int = 0

    @classmethod
    def behind(cls, item: Item) -> Self:
        if isinstance(item, Records) or item.first_line == UNPLACED:
            return cls(UNPLACED)
        place = cls(item.first_line, item.byte_start)
        place.settle(item)
        return place

    def settle(self, item: Slice | Unreadable) -> None:
        item.first_line, item.byte_start = self.line, self.byte
        self.line += len(item.lines) if isinstance(item, Slice) else 1
        self.byte += item.byte_length if isinstance(item, Slice) else item.byte_length + 1


def read_records(stream: Stream, source: Source, limits: Limits) -> Iterator[Item]:
    """Groups depend on the bytes alone. What is too long to be a record is kept as a line that is."""
    for whole, records in groupby(source.records(stream, limits), key=lambda record: record.whole):
        if whole:
            yield from _grouped(records, source, limits)
        else:
            yield from _unplaced(read_slices(_Pieces(records), limits, begins=False))


def _grouped(records: Iterator[Record], source: Source, limits: Limits) -> Iterator[Records]:
    group = Records(source)
    try:
        for record in records:
            group.add(record)
            if group.is_full(limits):
                yield group
                group = Records(source)
    except BrokenStreamError:
        if group.contents:
            yield group
        raise
    if group.contents:
        yield group


class _Pieces:
    def __init__(self, records: Iterator[Record]) -> None:
        self.records = records

    def read(self, _size: int = -1, /) -> bytes:
        return next((record.content for record in self.records if record.content), b"")


def _unplaced(items: Iterable[Slice | Unreadable]) -> Iterator[Slice | Unreadable]:
    for item in items:
        item.first_line = UNPLACED
        yield item


def slices_of(records: Records, limits: Limits) -> Iterator[Slice | Unreadable]:
    """The lines that records make, not placed yet. What their source cannot read goes on as it came."""
    pending = Pending(limits)
    last = len(records.contents) - 1
    for number, content in enumerate(records.contents):
        unended = records.unended and number == last
        told = records.source.told(content, limits)
        if told is None:
            yield from _unplaced(pending.take(content.removesuffix(b"\n"), terminated=not unended))
        else:
            yield from _unplaced(pending.tell(told, terminated=not unended))
    yield from _unplaced(pending.flush())


def in_slices(items: Iterable[Item], limits: Limits) -> Iterator[Slice | Unreadable]:
    """By one process, which knows where each stands."""
    place = Place()
    for item in items:
        for part in slices_of(item, limits) if isinstance(item, Records) else (item,):
            if part.first_line == UNPLACED:
                place.settle(part)
            yield part
