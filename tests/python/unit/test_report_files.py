"""Where a report is written: whole, or not at all."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli import assay
from orchestration.reports import write

_ROOM = 4096


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process grows beyond _ROOM."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def report_to(out: Path) -> BaseException | None:
    arguments = ["report", "executive", "--workspace", "a", "--out", str(out)]
    return CliRunner().invoke(assay, arguments).exception


@pytest.fixture(autouse=True)
def _a_long_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "executive", lambda *_: "new " * _ROOM)


def test_half_a_report_takes_no_place_of_a_whole_one(tmp_path: Path) -> None:
    """Prevents a page for the board that ends in the middle, where a good one stood."""
    out = tmp_path / "report.md"
    out.write_text("good")
    with full_disk():
        assert isinstance(report_to(out), OSError)
    assert out.read_text() == "good"
    assert list(tmp_path.iterdir()) == [out]
    assert report_to(out) is None
    assert out.read_text().startswith("new ")


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    link = tmp_path / "latest.md"
    link.symlink_to(tmp_path / "pages" / "report.md")
    assert report_to(link) is None
    assert link.is_symlink()
    assert (tmp_path / "pages" / "report.md").read_text().startswith("new ")


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert report_to(pipe) is None
        assert os.read(reader, _ROOM).startswith(b"new ")
    finally:
        os.close(reader)
