"""Which files are found, and that only what has landed is moved out of the way."""

from pathlib import Path

import pytest

from orchestration.landing import files
from orchestration.landing.files import manifest_of, set_aside, state_of


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_a_landed_file_moves_with_its_manifest(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", "landed")
    put(manifest_of(path), "{}")
    set_aside(path, state_of(path))
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
        monkeypatch.setattr(files.crash, "point", come)
    set_aside(path, state)
    assert path.read_text() == "the next one"
    assert manifest_of(path).exists()
    assert [*(tmp_path / "landed").iterdir()] == []


def test_one_that_comes_while_another_is_put_back_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "a.jsonl", "landed")
    state, real = state_of(path), files.state_of
    once = iter([True])
    monkeypatch.setattr(files.crash, "point", lambda _: next(once, False) and put(path, "the next one"))

    def look(file: Path) -> files.State:
        found = real(file)
        if file != path:
            put(path, "the one after it")
        return found

    monkeypatch.setattr(files, "state_of", look)
    set_aside(path, state)
    assert path.read_text() == "the one after it"
    assert (tmp_path / "2-a.jsonl").read_text() == "the next one"
