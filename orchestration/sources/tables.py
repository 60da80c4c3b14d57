"""Rows of a table in a file, CSV or JSON, as records; a map says what lines they become.

A row never goes on as it came: somebody's words may stand in it, line breaks and all, and what a user
wrote must not be read as a line. What cannot be a row goes on as a list, which no line is.
"""

import codecs
import csv
import json
from collections import deque
from collections.abc import Generator, Iterator
from typing import Any

import msgspec

from orchestration.landing.limits import Limits
from orchestration.landing.packed import BrokenStreamError
from orchestration.landing.reasons import Reason
from orchestration.sources.arrays import split_values
from orchestration.sources.map_rows import Mapping, Row
from orchestration.sources.source import Record, Source, Stream, exactly, split_lines

_encode = msgspec.json.Encoder().encode


class Table:
    """One file at a time, from its beginning: rows are counted, and the header is remembered.

    Rows are read ahead of what becomes of them, so each waits with its number for its turn.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.number = 0
        self.waiting: deque[int] = deque()
        self.header: list[str] = []
        self.place = 0  # line of the file where the row at hand begins

    def source(self) -> Source:
        said = self.mapping.said
        records = self._csv if said.format == "csv" else self._json
        return Source(said.source, lambda _: False, self.lines, self.decode, records)

    def decode(self, record: bytes, limits: Limits) -> Any:
        number = self.waiting.popleft()
        is_json = self.mapping.said.format == "json"
        cells = exactly(record, limits) if is_json else msgspec.json.decode(record)
        return Row(number, cells) if isinstance(cells, dict) else None

    def lines(self, row: Any) -> list[Any] | None:
        if not isinstance(row, Row):
            return None
        try:
            return list(self.mapping.lines(row))
        except Exception:  # whatever a cell holds: its row is no line of its own
            return [[row.cells]]

    def _counted(self, record: Record) -> Record:
        self.number += 1
        self.waiting.append(self.number)
        return record

    def _json(self, stream: Stream, limits: Limits) -> Iterator[Record]:
        self._begin()
        within = False
        for record in split_values(stream, limits):
            if record.whole and not record.content.strip():
                continue
            self.place = self.number + 1
            if record.whole:
                yield self._counted(record)
                continue
            self.number += not within
            within = not record.content.endswith(b"\n")
            yield record

    def _csv(self, stream: Stream, limits: Limits) -> Iterator[Record]:
        said = self.mapping.said
        self._begin()
        feed = _Feed(split_lines(_as_utf8(stream, said.encoding), limits))
        csv.field_size_limit(limits.line_bytes)
        rows = csv.reader(feed, delimiter=said.delimiter, strict=True)
        self.header = said.columns or self._header(rows, feed)
        if not self.header:
            return
        self.mapping.require_columns(self.header)
        while True:
            feed.taken.clear()
            self.place = feed.count + 1
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error:
                yield self._counted(_broken(["".join(feed.taken)], cut=feed.ended))
                continue
            except _TooLongError:
                self.number += 1
                yield from feed.drained()
                continue
            if cells:  # a blank line is no row
                yield self._counted(self._row(cells, is_last=not feed.taken[-1].endswith("\n")))

    def _begin(self) -> None:
        self.number = 0
        self.waiting.clear()

    def _header(self, rows: Iterator[list[str]], feed: "_Feed") -> list[str]:
        try:
            return [name.strip() for name in next(rows)]
        except StopIteration:
            return []
        except (csv.Error, _TooLongError):
            feed.taken.clear()
            self.mapping.require_columns([])
            return []

    def _row(self, cells: list[str], *, is_last: bool) -> Record:
        if len(cells) != len(self.header):
            return _broken(cells, cut=is_last)
        content = _spelled(dict(zip(self.header, cells, strict=True)))
        return Record(content + b"\n", unended=is_last)


class _TooLongError(Exception):
    """A line that is longer than a record may be."""


class _Feed:
    """Lines for the CSV reader, one by one; it remembers those of the row at hand."""

    def __init__(self, lines: Iterator[Record]) -> None:
        self.lines = lines
        self.taken: list[str] = []
        self.count = 0
        self.ended = False

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        record = next(self.lines, None)
        if record is None:
            self.ended = True
            raise StopIteration
        self.count += 1
        self.taken.append(record.content.decode("utf-8", "surrogateescape"))
        if not record.whole:
            raise _TooLongError
        return self.taken[-1]

    def drained(self) -> Generator[Record, None, None]:
        """The row at hand and the rest of its line, in one line that nobody reads."""
        yield Record(b'["', whole=False)
        while True:
            part = self.taken.pop()
            yield Record(_spelled(part)[1:-1], whole=False)
            if part.endswith("\n"):
                break
            record = next(self.lines, None)
            if record is None:
                break
            self.taken.append(record.content.decode("utf-8", "surrogateescape"))
        yield Record(b'"]\n', whole=False)


def _broken(cells: list[str], *, cut: bool) -> Record:
    """What is no row: a list, or the beginning of one where the file breaks off."""
    content = _spelled(cells)
    return Record(content[:-1] if cut else content + b"\n", unended=cut)


def _spelled(value: Any) -> bytes:
    try:
        return _encode(value)
    except (ValueError, msgspec.MsgspecError):  # bytes that were no text stay what they were
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogateescape")


def _as_utf8(stream: Stream, encoding: str) -> Stream:
    plain = codecs.lookup(encoding).name in ("utf-8", "ascii")
    return stream if plain else _Recoded(stream, encoding)


class _Recoded:
    """Another encoding as UTF-8. Where it cannot be read the bytes stay, if that can be said in it."""

    def __init__(self, stream: Stream, encoding: str) -> None:
        self.stream = stream
        self.wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
        errors = "strict" if self.wide else "surrogateescape"
        self.decoder = codecs.getincrementaldecoder(encoding)(errors)

    def read(self, size: int = -1, /) -> bytes:
        while True:
            chunk = self.stream.read(size)
            try:
                text = self.decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                raise BrokenStreamError(Reason.BAD_UTF8) from None
            if text or not chunk:
                return text.removeprefix("\ufeff").encode("utf-8", "surrogateescape")
