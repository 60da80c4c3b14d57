"""Bytes to slices of lines, in bounded memory whatever they hold.

Slices depend on the bytes alone, never on how they arrived, so the same file always makes the same
batches. What cannot be lines (too long, a broken or hostile packed file) stays whole: `Unreadable`.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from orchestration.landing.contract import Event
from orchestration.landing.limits import Limits
from orchestration.landing.packed import CHUNK, BrokenStreamError
from orchestration.landing.parse import Slice
from orchestration.landing.reasons import Reason
from orchestration.sources.source import BOM, Stream, Told

UNPLACED = 0  # the first line of what stands behind lines that nobody has counted yet


@dataclass
class Unreadable:
    """Bytes that are kept without being parsed. `content` is an unnamed file on disk."""

    first_line: int
    byte_start: int
    byte_length: int
    sha256: bytes
    reason: Reason
    content: BinaryIO

    def parts(self) -> Iterator[bytes]:
        self.content.seek(0)
        while part := self.content.read(CHUNK):
            yield part


def sha256_of(file: BinaryIO) -> bytes:
    digest = hashlib.sha256()
    while part := file.read(CHUNK):
        digest.update(part)
    return digest.digest()


def read_slices(stream: Stream, limits: Limits, *, begins: bool = True) -> Iterator[Slice | Unreadable]:
    """Complete slices, then the rest; a last line without a newline is the last line all the same.

    A byte order mark is one only where the stream `begins`.
    """
    pending = Pending(limits)
    carry = stream.read(CHUNK)
    if begins and carry.startswith(BOM):
        carry, pending.byte_next = carry[len(BOM) :], len(BOM)
    try:
        while True:
            block, newline, carry = carry.rpartition(b"\n")
            if newline:
                yield from pending.take(block)
            if len(carry) > limits.line_bytes:
                yield from pending.flush()
                spool, carry = _spool_line(carry, stream)
                yield pending.unreadable(spool)
            elif chunk := stream.read(CHUNK):
                carry += chunk
            else:
                break
    except BrokenStreamError:
        yield from pending.flush()
        raise
    if carry:
        yield from pending.take(carry, terminated=False)
    yield from pending.flush()


class Pending:
    """Lines on their way into a slice, and where the next one stands."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.line_next = 1
        self.byte_next = 0
        self.blocks: list[bytes] = []  # of one or more lines, without the last newline of each
        self.lines = 0
        self.size = 0
        self.terminated = True
        self.known: dict[int, Event] = {}  # what lines say that have been read before, by their place

    def tell(self, told: list[Told], *, terminated: bool = True) -> Iterator[Slice | Unreadable]:
        """Takes lines one by one, with what they say."""
        if self._holds_told(told):
            self.terminated = terminated
            return
        for number, (line, event) in enumerate(told, start=1):
            if event is None:
                yield from self.take(line, terminated=terminated or number < len(told))
                continue
            self.terminated = terminated or number < len(told)
            self.known[self.lines] = event
            self._add(line, 1)
            if self._is_full(self.lines, self.size):
                yield from self.flush()

    def _holds_told(self, told: list[Told]) -> bool:
        """Takes all of them at once, where each is known and they do not fill the slice."""
        known = [event for _, event in told if event is not None]
        size = sum([len(line) for line, _ in told]) + len(told)
        full = self._is_full(self.lines + len(told), self.size + size)
        if full or len(known) < len(told):
            return False
        self.known.update(enumerate(known, self.lines))
        self.blocks += [line for line, _ in told]
        self.lines += len(told)
        self.size += size
        return True

    def take(self, block: bytes, *, terminated: bool = True) -> Iterator[Slice | Unreadable]:
        self.terminated = terminated
        if self._holds(block):
            return
        for line in block.split(b"\n"):
            if len(line) > self.limits.line_bytes:
                yield from self.flush()
                spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever stores it
                spool.write(line)
                yield self.unreadable(spool)
                continue
            self._add(line, 1)
            if self._is_full(self.lines, self.size):
                yield from self.flush()

    def _holds(self, block: bytes) -> bool:
        """Takes all of it at once, where it does not fill the slice and cannot hold too long a line."""
        lines = _newlines(block) + 1
        full = self._is_full(self.lines + lines, self.size + len(block) + 1)
        if full or len(block) > self.limits.line_bytes:
            return False
        self._add(block, lines)
        return True

    def _is_full(self, lines: int, size: int) -> bool:
        return lines >= self.limits.batch_lines or size >= self.limits.batch_bytes

    def _add(self, block: bytes, lines: int) -> None:
        self.blocks.append(block)
        self.lines += lines
        self.size += len(block) + 1

    def flush(self) -> Iterator[Slice]:
        if self.blocks:
            one_by_one = len(self.blocks) == self.lines
            content = self.blocks if one_by_one else b"\n".join(self.blocks)
            full = Slice(self.line_next, self.byte_next, content, self.terminated, self.known)
            self.line_next += self.lines
            self.byte_next += self.size
            self.blocks, self.lines, self.size, self.known = [], 0, 0, {}
            yield full

    def unreadable(self, spool: BinaryIO) -> Unreadable:
        length = spool.tell()
        spool.seek(0)
        item = Unreadable(
            first_line=self.line_next,
            byte_start=self.byte_next,
            byte_length=length,
            sha256=sha256_of(spool),
            reason=Reason.TOO_LARGE,
            content=spool,
        )
        self.line_next += 1
        self.byte_next += length + 1
        return item


def _newlines(block: bytes) -> int:
    """As `block.count` says, which takes ten times as long for a single byte."""
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == ord("\n")))


def _spool_line(start: bytes, stream: Stream) -> tuple[BinaryIO, bytes]:
    """The rest of a line that is too long, to disk; and what was read beyond its end."""
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever stores it
    spool.write(start)
    while chunk := stream.read(CHUNK):
        head, newline, rest = chunk.partition(b"\n")
        spool.write(head)
        if newline:
            return spool, rest
    return spool, b""
