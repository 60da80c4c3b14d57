"""Files that are unpacked to lines while they are read. What they are is told by their first bytes."""

import gzip
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from orchestration.landing.limits import Limits
from orchestration.landing.reasons import Reason

# Less than a line may have, so that what is read at once is seldom looked at line by line.
CHUNK = 1 << 18
# Logs shrink five- to thirtyfold; what grows more than this while it is unpacked is hostile.
_BOMB_RATIO = 200
_BOMB_FLOOR = 16 << 20


class BrokenStreamError(Exception):
    """The rest of a packed file cannot be read."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Unpacker(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...

    def prove_sound(self) -> None:
        """Unpack once without landing: damage at the end condemns all that came before."""


@dataclass(frozen=True)
class Form:
    name: str
    magic: bytes
    reader: Callable[[BinaryIO, Limits], Unpacker]
    instead: str  # what to do with it where only lines can be read


def refuse_bomb(unpacked_bytes: int, packed_bytes: int) -> None:
    if unpacked_bytes > max(_BOMB_FLOOR, _BOMB_RATIO * packed_bytes):
        raise BrokenStreamError(Reason.TOO_LARGE)


class GunzipReader(io.RawIOBase):
    """Unpacks, and stops where the stream is cut, damaged or grows beyond reason."""

    def __init__(self, packed: BinaryIO) -> None:
        self.packed = packed
        self.unpacker = gzip.GzipFile(fileobj=packed)
        self.unpacked_bytes = 0

    def read(self, size: int = -1, /) -> bytes:
        try:
            data = self.unpacker.read1(size)  # what there is, up to the very cut
        except EOFError:
            raise BrokenStreamError(Reason.TRUNCATED_TAIL) from None
        except (OSError, zlib.error):
            raise BrokenStreamError(Reason.BAD_GZIP) from None
        self.unpacked_bytes += len(data)
        refuse_bomb(self.unpacked_bytes, self.packed.tell())
        return data

    def prove_sound(self) -> None:
        """A file that is merely cut passes; its lines are as good as those of any cut file."""
        try:
            while self.read(CHUNK):
                pass
        except BrokenStreamError as broken:
            if broken.reason is not Reason.TRUNCATED_TAIL:
                raise


def _parquet(packed: BinaryIO, limits: Limits) -> Unpacker:
    from orchestration.landing.parquet import ParquetReader  # a large import that few files need

    return ParquetReader(packed, limits)


FORMS = [
    Form(
        "gzip",
        b"\x1f\x8b",
        lambda file, _: GunzipReader(file),
        "unpack it on the way (zcat FILE | assay land -)",
    ),
    Form("Parquet", b"PAR1", _parquet, "its rows are found from its end, so land the file"),
]


def form_of(head: bytes) -> Form | None:
    return next((form for form in FORMS if head.startswith(form.magic)), None)
