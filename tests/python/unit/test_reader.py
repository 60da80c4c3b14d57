"""Slices depend on the bytes alone; nothing between the newlines is lost or moved."""

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.landing import packed
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice
from orchestration.landing.reader import read_file
from orchestration.landing.reasons import Reason
from orchestration.landing.slices import Unreadable, read_slices


class Dribble(io.BytesIO):
    """A stream that hands out a few bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__(data)
        self.most = most

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self.most if size is None or size < 0 else min(size, self.most))


def small_limits() -> Limits:
    return Limits(line_bytes=20, batch_lines=3, batch_bytes=40)


def flat(items: list[Slice | Unreadable]) -> list[tuple[int, int, bytes, bool]]:
    """(line number, byte offset, bytes, too large) of every line."""
    lines = []
    for item in items:
        if isinstance(item, Unreadable):
            body = b"".join(item.parts())
            assert len(body) == item.byte_length
            lines.append((item.first_line, item.byte_start, body, True))
            continue
        offset = item.byte_start
        for index, body in enumerate(item.lines):
            lines.append((item.first_line + index, offset, body, False))
            offset += len(body) + 1
    return lines


@settings(max_examples=300, deadline=None)
@given(
    data=st.lists(st.one_of(st.just(b"\n"), st.binary(max_size=9), st.just(b"x" * 30)), max_size=30)
    .map(b"".join)
    .filter(lambda data: not data.startswith(b"\xef\xbb\xbf")),
    most=st.integers(1, 50),
)
def test_every_byte_comes_out_once_at_its_place(data: bytes, most: int) -> None:
    """Lines behind a line that was too long were glued together once."""
    items = list(read_slices(Dribble(data, most), small_limits()))
    lines = flat(items)
    expected = data.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert [body for _, _, body, _ in lines] == expected
    assert [number for number, _, _, _ in lines] == list(range(1, len(lines) + 1))
    for _, offset, body, too_large in lines:
        assert data[offset : offset + len(body)] == body
        assert too_large == (len(body) > 20)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300), one=st.integers(3, 50), other=st.integers(3, 50))
def test_slices_do_not_depend_on_how_bytes_arrive(data: bytes, one: int, other: int) -> None:
    """The same file in other batches would not be recognised as delivered before."""
    first, second = (
        [
            (item.first_line, item.lines if isinstance(item, Slice) else item.sha256)
            for item in read_slices(Dribble(data, most), small_limits())
        ]
        for most in (one, other)
    )
    assert first == second


def test_mark_at_the_start_is_stripped_and_counted() -> None:
    """A byte order mark made the first line of every Windows export unreadable."""
    (item,) = read_slices(io.BytesIO(b"\xef\xbb\xbfab\ncd"), small_limits())
    assert isinstance(item, Slice)
    assert item.lines == [b"ab", b"cd"]
    assert item.byte_start == 3
    assert not item.terminated


def test_cut_gzip_gives_its_lines_and_then_itself(tmp_path: Path) -> None:
    """A copy that broke off would lose either its good lines or its bad rest."""
    path = tmp_path / "cut.jsonl.gz"
    whole = gzip.compress(b"".join(b"%d\n" % n for n in range(10_000)))
    path.write_bytes(whole[: len(whole) // 2])
    *slices, rest = read_file(path, Limits(batch_lines=1000))
    assert isinstance(rest, Unreadable)
    assert rest.reason is Reason.TRUNCATED_TAIL
    assert b"".join(rest.parts()) == path.read_bytes()
    lines = [body for _, _, body, _ in flat(list(slices))]
    assert len(lines) > 1000
    assert lines == [b"%d" % n for n in range(len(lines))]
    assert rest.first_line == len(lines) + 1


def test_damaged_gzip_is_kept_whole(tmp_path: Path) -> None:
    """Bytes flipped on a disk ended the whole run with a traceback."""
    path = tmp_path / "damaged.jsonl.gz"
    damaged = bytearray(gzip.compress(bytes(range(256)) * 400))
    damaged[len(damaged) // 2] ^= 0xFF
    path.write_bytes(damaged)
    rest = list(read_file(path, Limits()))[-1]
    assert isinstance(rest, Unreadable)
    assert rest.reason is Reason.BAD_GZIP
    assert b"".join(rest.parts()) == bytes(damaged)


def test_lines_before_a_false_checksum_do_not_land(tmp_path: Path) -> None:
    """The checksum comes last, and says that something before it is wrong; nobody knows what."""
    path = tmp_path / "damaged.jsonl.gz"
    packed = bytearray(gzip.compress(b"".join(b"%d\n" % n for n in range(100_000))))
    packed[-6] ^= 0xFF
    path.write_bytes(packed)
    (only,) = read_file(path, Limits())
    assert isinstance(only, Unreadable)
    assert only.reason is Reason.BAD_GZIP


@pytest.mark.parametrize("honest", [True, False])
def test_bomb_is_kept_packed(tmp_path: Path, honest: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes that unpack to gigabytes filled the disk; a second member hides the size."""
    monkeypatch.setattr(packed, "_BOMB_FLOOR", 1 << 20)
    path = tmp_path / "bomb.jsonl.gz"
    bomb = gzip.compress(b"x" * (8 << 20))
    path.write_bytes(bomb if honest else bomb + gzip.compress(b"ok\n"))
    (item,) = read_file(path, Limits())
    assert isinstance(item, Unreadable)
    assert item.reason is Reason.TOO_LARGE
    assert item.byte_length == path.stat().st_size < 100_000
