"""Streams to slices of lines, in bounded memory whatever the stream holds.

Slices depend on the bytes alone, never on how they arrived, so the same file always makes the same
batches. What cannot be lines (too long, a broken or hostile packed file) stays whole: `Unreadable`.
"""

import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from orchestration.errors import AssayError
from orchestration.landing import packed
from orchestration.landing.limits import Limits
from orchestration.landing.packed import CHUNK, BrokenStreamError
from orchestration.landing.parse import Slice
from orchestration.landing.reasons import Reason
from orchestration.sources.registry import FOUND
from orchestration.sources.source import HEAD, Source, Stream, as_lines, source_of
from orchestration.sources.translators import Translators

_BOM = b"\xef\xbb\xbf"


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


def read_stream(
    stream: io.BufferedReader, limits: Limits, source: Source | None = None
) -> Iterator[Slice | Unreadable]:
    if form := packed.form_of(stream.peek(4)):
        raise AssayError(f"Standard input is {form.name}: {form.instead}.")
    yield from read_slices(as_lines(stream, limits, source, FOUND), limits)


def read_file(
    path: Path,
    limits: Limits,
    source: Source | None = None,
    aside: Callable[[], Translators] | None = None,
) -> Iterator[Slice | Unreadable]:
    """Lines, whatever they are packed in and whoever's log they come from."""
    last = Slice(1, 0, [])
    with path.open("rb") as file:
        form = packed.form_of(file.peek(4))
        try:
            if form is not None:
                with path.open("rb") as trial:
                    form.reader(trial, limits).prove_sound()
            stream = file if form is None else form.reader(file, limits)
            for item in read_slices(as_lines(stream, limits, source, FOUND, aside), limits):
                if isinstance(item, Slice):
                    last = item
                yield item
        except BrokenStreamError as broken:
            # What cannot be unpacked is kept as it came: the whole file, packed.
            yield _whole_file(path, last, broken.reason)


def is_known(path: Path) -> bool:
    """Whether a source knows the file for its own."""
    limits = Limits()
    try:
        with path.open("rb") as file:
            form = packed.form_of(file.peek(4))
            stream = file if form is None else form.reader(file, limits)
            return source_of(stream.read(HEAD), FOUND) is not None
    except (OSError, BrokenStreamError):
        return False


def _whole_file(path: Path, last: Slice, reason: Reason) -> Unreadable:
    with path.open("rb") as file:
        sha256 = sha256_of(file)
    return Unreadable(
        first_line=last.first_line + len(last.lines),
        byte_start=last.offset_of(len(last.lines)),
        byte_length=path.stat().st_size,
        sha256=sha256,
        reason=reason,
        content=path.open("rb"),
    )


def read_slices(stream: Stream, limits: Limits) -> Iterator[Slice | Unreadable]:
    """Complete slices, then the rest; a last line without a newline is the last line all the same."""
    pending = Pending(limits)
    carry = stream.read(CHUNK)
    if carry.startswith(_BOM):
        carry, pending.byte_next = carry[len(_BOM) :], len(_BOM)
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
            blob, lines, size = b"\n".join(self.blocks), self.lines, self.size
            self.blocks, self.lines, self.size = [], 0, 0
            full = Slice(self.line_next, self.byte_next, blob, self.terminated)
            self.line_next += lines
            self.byte_next += size
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
