"""Collects the lines of a day; what happens after midnight waits for the file of its own day."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from orchestration.simulator.lines import DAY_MS, KINDS, Ints, Line, encode

KIND_NAMES = tuple(str(kind.__struct_config__.tag) for kind in KINDS)
_INDEX = {kind: index for index, kind in enumerate(KINDS)}


@dataclass
class DayLog:
    """Parallel lists: when a line was written, its kind, and the line."""

    end_ms: int
    last_end_ms: int  # nothing is written after the last day
    written_ms: list[int] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    later: list[tuple[int, int, bytes]] = field(default_factory=list)

    def add(self, written_ms: Ints | list[int], lines: Iterable[Line]) -> None:
        """Lines that belong to a request: its file waits for them, even past midnight."""
        before = len(self.lines)
        kind = -1
        for line in lines:
            if kind < 0:
                kind = _INDEX[type(line)]
            self.lines.append(encode(line))
        added = len(self.lines) - before
        self.kinds += [kind] * added
        self.written_ms += (
            written_ms if isinstance(written_ms, list) else np.asarray(written_ms).tolist()
        )
        if len(self.written_ms) != len(self.lines):
            raise ValueError("every line needs the time when it was written")

    def add_later(self, written_ms: Ints | list[int], lines: Iterable[Line]) -> None:
        """Lines that may come hours or days after."""
        times = written_ms if isinstance(written_ms, list) else written_ms.tolist()
        for at, line in zip(times, lines, strict=True):
            self.add_encoded(at, _INDEX[type(line)], encode(line))

    def add_encoded(self, at: int, kind: int, line: bytes) -> None:
        if at < self.end_ms:
            self.written_ms.append(at)
            self.kinds.append(kind)
            self.lines.append(line)
        elif at < self.last_end_ms:
            self.later.append((at, kind, line))

    def next_day(self) -> "DayLog":
        following = DayLog(self.end_ms + DAY_MS, self.last_end_ms)
        for at, kind, line in self.later:
            following.add_encoded(at, kind, line)
        return following

    def in_order(self) -> tuple[list[int], list[bytes]]:
        """Kinds and lines in the order of writing."""
        order = np.argsort(np.array(self.written_ms), kind="stable").tolist()
        return [self.kinds[i] for i in order], [self.lines[i] for i in order]
