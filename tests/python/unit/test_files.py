"""Which files are found, and that only what has landed is moved out of the way."""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from orchestration import crash
from orchestration.jobs.arrivals import look
from orchestration.landing import files
from orchestration.landing.files import find, manifest_of, may_grow, set_aside, state_of


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_a_landed_file_moves_with_its_manifest(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", "landed")
    put(manifest_of(path), "{}")
    assert set_aside(path, state_of(path))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["landed"]
    landed = tmp_path / "landed"
    assert sorted(file.name for file in landed.iterdir()) == ["a.jsonl", "a.jsonl.manifest"]


@pytest.mark.parametrize("point", [None, "files.manifest_aside"])
def test_what_came_in_the_place_of_a_landed_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str | None
) -> None:
    """A producer that renamed its next file into place lost it: it was moved, and never read."""
    path = put(tmp_path / "a.jsonl", "landed")
    put(manifest_of(path), "{}")
    state = state_of(path)

    def come(_: str | None) -> None:
        put(tmp_path / "next", "the next one").rename(path)

    if point is None:
        come(None)
    else:
        monkeypatch.setattr(crash, "point", come)
    assert not set_aside(path, state)
    assert path.read_text() == "the next one"
    assert manifest_of(path).exists()
    assert [*(tmp_path / "landed").iterdir()] == []


def test_one_that_comes_while_another_is_put_back_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "a.jsonl", "landed")
    state, real = state_of(path), files.state_of
    once = iter([True])
    monkeypatch.setattr(crash, "point", lambda _: next(once, False) and put(path, "the next one"))

    def look(file: Path) -> files.State:
        found = real(file)
        if file != path:
            put(path, "the one after it")
        return found

    monkeypatch.setattr(files, "state_of", look)
    set_aside(path, state)
    assert path.read_text() == "the one after it"
    assert (tmp_path / "2-a.jsonl").read_text() == "the next one"


def test_a_file_may_grow_until_it_has_rested_or_a_manifest_says_otherwise(tmp_path: Path) -> None:
    """A writer that pauses for seconds lost what it wrote after the first of them."""
    path, now = put(tmp_path / "a.jsonl", "so far"), time.time()
    for age_s, may in ((60, True), (180, False), (-3600, False)):
        os.utime(path, (now - age_s, now - age_s))
        assert may_grow(path, state_of(path), 120.0) is may
    os.utime(path, (now - 60, now - 60))
    put(manifest_of(path), "{}")
    assert not may_grow(path, state_of(path), 120.0)


def test_what_has_landed_is_not_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look of a watch, twice a second, unpacked the beginning of everything that ever landed."""
    asked: list[Path] = []

    def known(file: Path) -> bool:
        asked.append(file)
        return True

    monkeypatch.setattr(files, "is_known", known)
    for name in ("b", ".hidden", "landed", "a"):
        put(tmp_path / name / "x.json.gz", "")
    put(tmp_path / "b" / ".x.json.gz", "")
    put(tmp_path / "b" / "landed" / "y.json", "")
    put(tmp_path / "landed.json", "")
    expected = [tmp_path / name for name in ("a/x.json.gz", "b/x.json.gz", "landed.json")]
    assert find(tmp_path) == expected
    assert sorted(asked) == expected
    assert find(tmp_path / "landed") == [tmp_path / "landed" / "x.json.gz"]


def test_a_whole_disk_may_be_an_inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents a mounted volume, whose own folder only root may read, from failing each run."""
    looked: list[str] = []
    real = os.scandir

    def scan(path: str) -> Any:
        looked.append(Path(path).name)
        return real(path)

    monkeypatch.setattr(os, "scandir", scan)
    file = put(tmp_path / "a" / "x.jsonl", "")
    put(tmp_path / "lost+found" / "y.jsonl", "")
    assert find(tmp_path) == [file]
    assert looked == [tmp_path.name, "a"]


def test_a_folder_that_goes_away_while_it_is_looked_through_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended `land --watch` with a traceback."""
    for name in "ab":
        put(tmp_path / name / "x.jsonl", "")
    real = os.scandir

    def scan(path: Any) -> Iterator[Any]:
        if not isinstance(path, int) and Path(path).parent == tmp_path:
            shutil.rmtree(path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scan)
    assert find(tmp_path) == []


def test_what_cannot_be_looked_at_is_said_and_the_others_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was passed over: `assay land` said that all lines are accounted for."""
    found, shut = put(tmp_path / "a" / "x.jsonl", ""), put(tmp_path / "b" / "x.jsonl", "").parent
    unread = put(tmp_path / "c.json", "{}")
    scan, open_ = os.scandir, Path.open

    def allowed(path: Any) -> Any:
        if Path(path) in (shut, unread):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return path

    monkeypatch.setattr(os, "scandir", lambda path: scan(allowed(path)))
    monkeypatch.setattr(Path, "open", lambda path, *how: open_(allowed(path), *how))
    said: list[OSError] = []
    assert find(tmp_path, said.append) == [found]
    assert {problem.filename for problem in said} == {str(shut), str(unread)}
    with pytest.raises(PermissionError):
        find(shut)
    seen = look(tmp_path, 0.0, {}, NoInbox())  # type: ignore[arg-type]
    assert (seen.key is not None, list(seen.seen)) == (True, [str(found)])


class NoInbox:
    """A session of a database in whose inbox nothing waits."""

    def execute(self, _: str) -> Self:
        return self

    def fetchone(self) -> tuple[None]:
        return (None,)


def test_links_to_folders_are_followed_and_each_is_looked_through_once(tmp_path: Path) -> None:
    """They were passed over, though links to files are taken."""
    root = tmp_path / "root"
    put(root / "x.jsonl", "")
    put(tmp_path / "elsewhere" / "y.jsonl", "")
    for name, target in (("back", root), ("far", tmp_path / "elsewhere"), ("far2", root / "far")):
        (root / name).symlink_to(target)
    (root / "gone").symlink_to(tmp_path / "nowhere")
    assert find(root) == [root / "far" / "y.jsonl", root / "x.jsonl"]
