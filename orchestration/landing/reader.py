"""Files and streams to what landing takes, whatever they are packed in and whoever's log they are."""

import io
from collections.abc import Iterator
from pathlib import Path

from orchestration.errors import AssayError
from orchestration.landing import packed
from orchestration.landing.limits import Limits
from orchestration.landing.packed import BrokenStreamError
from orchestration.landing.parse import Slice
from orchestration.landing.reasons import Reason
from orchestration.landing.records import Item, Place, in_slices, read_records
from orchestration.landing.slices import Unreadable, read_slices, sha256_of
from orchestration.sources.registry import FOUND
from orchestration.sources.source import BOM, HEAD, Again, Source, Stream, source_of


def read_stream(
    stream: io.BufferedReader, limits: Limits, source: Source | None = None
) -> Iterator[Slice | Unreadable]:
    if form := packed.form_of(stream.peek(4)):
        raise AssayError(f"Standard input is {form.name}: {form.instead}.")
    return in_slices(_read(stream, limits, source), limits)


def read_rows(rows: Stream, limits: Limits, source: Source) -> Iterator[Slice | Unreadable]:
    """Records that are no file's: out of another system's database."""
    return in_slices(read_records(rows, source, limits), limits)


def read_file(path: Path, limits: Limits, source: Source | None = None) -> Iterator[Slice | Unreadable]:
    """Lines, whatever they are packed in and whoever's log they come from."""
    return in_slices(read_items(path, limits, source), limits)


def read_items(path: Path, limits: Limits, source: Source | None = None) -> Iterator[Item]:
    """The same, but for records that whoever lands them has to translate."""
    last: Item = Slice(1, 0, [])
    with path.open("rb") as file:
        form = packed.form_of(file.peek(4))
        try:
            if form is not None:
                with path.open("rb") as trial:
                    form.reader(trial, limits).prove_sound()
            stream = file if form is None else form.reader(file, limits)
            for last in _read(stream, limits, source):
                yield last
        except BrokenStreamError as broken:
            # What cannot be unpacked is kept as it came: the whole file, packed.
            yield _whole_file(path, last, broken.reason)


def _read(stream: Stream, limits: Limits, source: Source | None) -> Iterator[Item]:
    head = stream.read(HEAD)
    source = source or source_of(head, FOUND)
    if source is None:
        return read_slices(Again(head, stream), limits)
    return read_records(Again(head.removeprefix(BOM), stream), source, limits)


def is_known(path: Path) -> bool:
    """Whether a source knows the file for its own. An OSError is for the caller: nobody can tell."""
    limits = Limits()
    try:
        with path.open("rb") as file:
            form = packed.form_of(file.peek(4))
            stream = file if form is None else form.reader(file, limits)
            return source_of(stream.read(HEAD), FOUND) is not None
    except BrokenStreamError:
        return False


def _whole_file(path: Path, last: Item, reason: Reason) -> Unreadable:
    place = Place.behind(last)
    with path.open("rb") as file:
        sha256 = sha256_of(file)
    return Unreadable(
        first_line=place.line,
        byte_start=place.byte,
        byte_length=path.stat().st_size,
        sha256=sha256,
        reason=reason,
        content=path.open("rb"),
    )
