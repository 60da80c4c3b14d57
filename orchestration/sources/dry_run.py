"""What would land of a file and what would not, told without a database and without a value."""

from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestration.landing.contract import KINDS
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Parsed, Slice, kind_of, parse
from orchestration.landing.reader import read_file
from orchestration.landing.slices import Unreadable
from orchestration.sources.source import Record, Source, Stream

SHOWN = 5  # places of each fault
_Where = tuple[str, str, str]  # kind, reason, path
Read = Callable[[Source], Iterator[Slice | Unreadable]]


@dataclass
class Verdict:
    """`faults` has the first places of each: rows of the file, counted as the source counts them."""

    lines: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    refused: Counter[_Where] = field(default_factory=Counter)
    faults: dict[_Where, list[int]] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    conflicts: int = 0
    rows: int = 0
    skipped: int = 0
    seen: dict[bytes, bytes] = field(default_factory=dict)

    def add(self, parsed: Parsed, place_of: Callable[[int], int]) -> None:
        first = parsed.slice.first_line
        self.lines += len(parsed.slice.lines)
        for event, key, content in zip(parsed.events, parsed.keys, parsed.contents, strict=True):
            known = self.seen.setdefault(key, content)
            if known is content:
                self.kinds[kind_of(event)] += 1
            elif known == content:
                self.duplicates += 1
            else:
                self.conflicts += 1
        for index, refused in parsed.refused:
            kind = _kind_in(parsed.slice.lines[index])
            self._refuse((kind, refused.reason.value, refused.path), place_of(first + index))
        for (_, _, name), lines in parsed.drift.items():
            self.unknown[name] += lines

    def add_unreadable(self, item: Unreadable, place_of: Callable[[int], int]) -> None:
        self.lines += 1
        self._refuse(("-", item.reason.value, "$"), place_of(item.first_line))

    def _refuse(self, where: _Where, place: int) -> None:
        self.refused[where] += 1
        places = self.faults.setdefault(where, [])
        if len(places) < SHOWN and place not in places:
            places.append(place)

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "skipped": self.skipped,
            "would_land": dict(sorted(self.kinds.items())),
            "would_be_refused": [
                {"kind": kind, "reason": reason, "path": path, "lines": lines,
                 "first_at": self.faults[kind, reason, path]}
                for (kind, reason, path), lines in sorted(self.refused.items())
            ],
            "duplicates_within": self.duplicates,
            "conflicts_within": self.conflicts,
            "unknown_fields": dict(sorted(self.unknown.items())),
        }  # fmt: skip


def try_file(path: Path, source: Source, place: Callable[[], int] | None = None) -> Verdict:
    """`place` tells where the record at hand stands; without it records are counted."""
    return try_items(lambda noted: read_file(path, Limits(), noted), source, place)


def try_items(read: Read, source: Source, place: Callable[[], int] | None = None) -> Verdict:
    limits, verdict = Limits(), Verdict()
    noted = _Noted(source, verdict, place)
    for item in read(noted.source()):
        if isinstance(item, Slice):
            verdict.add(parse(item, limits), noted.place_of)
        else:
            item.content.close()
            verdict.add_unreadable(item, noted.place_of)
    return verdict


class _Noted:
    """A source that leaves behind from which record each of its lines came.

    Records are read ahead of what becomes of them: each waits with its place for its turn.
    """

    def __init__(self, theirs: Source, verdict: Verdict, place: Callable[[], int] | None) -> None:
        self.theirs, self.verdict, self.place = theirs, verdict, place
        self.waiting: deque[tuple[int, bool]] = deque()
        self.places: array[int] = array("Q")
        self.here = 0

    def source(self) -> Source:
        theirs = self.theirs
        return Source(theirs.name, theirs.tells, self.lines, self.decode, self.records)

    def records(self, stream: Stream, limits: Limits) -> Iterator[Record]:
        within = False
        for record in self.theirs.records(stream, limits):
            if record.whole or not within:
                self.verdict.rows += 1
                place = self.place() if self.place else self.verdict.rows
                self.waiting.append((place, record.whole))
            within = not record.whole and not record.content.endswith(b"\n")
            yield record

    def decode(self, record: bytes, limits: Limits) -> Any:
        self._pass_long_ones()
        self.here, _ = self.waiting.popleft()
        try:
            return self.theirs.decode(record, limits)
        except Exception:
            self.places.append(self.here)  # it goes on as it came
            raise

    def lines(self, record: Any) -> Iterable[dict[str, Any]] | None:
        try:
            found = self.theirs.lines(record)
            made = None if found is None else list(found)
        except Exception:
            self.places.append(self.here)
            raise
        if made is None:
            self.places.append(self.here)
            return None
        self.verdict.skipped += not made
        self.places.extend([self.here] * len(made))
        return made

    def _pass_long_ones(self) -> None:
        """What was too long to be a record went on as one line."""
        while self.waiting and not self.waiting[0][1]:
            self.places.append(self.waiting.popleft()[0])

    def place_of(self, line: int) -> int:
        if line > len(self.places):
            self._pass_long_ones()
        return self.places[line - 1] if line <= len(self.places) else line


def _kind_in(line: bytes) -> str:
    """Of a refused line, what a map wrote there: its own word, nobody's text."""
    return next((kind for kind in KINDS if line.startswith(b'{"kind":"%s"' % kind.encode())), "-")
