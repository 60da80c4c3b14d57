"""`assay land`, `quarantine` and `replay` as people and programs call them."""

import errno
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from landing_world import World, tool

from orchestration.jobs import work
from orchestration.landing.commands import land

ASSAY = (sys.executable, "-m", "orchestration.cli")


@pytest.fixture
def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    monkeypatch.setenv("ASSAY_SETTLE_SECONDS", "0.2")
    return World(database_url, tmp_path)


def assay(*args: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*ASSAY, *args], input=stdin, capture_output=True, check=False)


def assay_json(*args: str | Path, stdin: bytes = b"") -> Any:
    outcome = assay(*args, "--json", stdin=stdin)
    assert outcome.returncode == 0, outcome.stderr.decode()
    return json.loads(outcome.stdout)


def test_counts_of_files_folder_and_stdin(world: World) -> None:
    """The shape of the JSON is what other programs rely on."""
    world.write("b.jsonl", tool("1"), b"junk")
    world.write("a.jsonl", tool("1"))
    (world.folder / "truth.json").write_text("{}")
    (world.folder / ".hidden.jsonl").write_text("{}")
    found = assay_json("land", world.folder, "-", stdin=tool("2") + b"\n" + tool("3"))
    rows = [
        tuple(report[name] for name in ("lines", "accepted", "duplicate", "conflict", "quarantined"))
        for report in found["files"]
    ]
    assert rows == [(1, 1, 0, 0, 0), (2, 0, 1, 0, 1), (2, 2, 0, 0, 0)]
    assert [Path(report["path"]).name for report in found["files"]] == ["a.jsonl", "b.jsonl", "-"]


def test_refused_lines_can_be_listed_shown_and_replayed(world: World) -> None:
    """Without the bytes nobody can mend a line."""
    junk = b'{"kind":"\xff\x1b[2J'
    assay_json("land", world.write("a.jsonl", junk))
    (listed,) = assay_json("quarantine", "list")
    assert (listed["line"], listed["reason"]) == (1, "BAD_UTF8")
    shown = assay("quarantine", "show", str(listed["id"]))
    assert shown.stdout == junk
    assert assay_json("replay")["accepted"] == 0
    assert assay("quarantine", "show", "999").returncode == 1


def test_what_cannot_be_landed_is_said_in_a_sentence(world: World) -> None:
    """A traceback, or worse a silent success."""
    missing = assay("land", world.folder / "none.jsonl")
    assert missing.returncode == 1
    assert b"There is no file" in missing.stderr
    assert b"Traceback" not in missing.stderr
    assert assay("land").returncode == 2


@pytest.mark.parametrize("data", [gzip.compress(b"{}", mtime=0), b"PAR1 and so on"])
def test_other_formats_are_named(world: World, data: bytes) -> None:
    """A binary stream became hundreds of quarantined lines."""
    outcome = assay("land", "-", stdin=data)
    assert outcome.returncode == 1
    assert outcome.stderr.startswith(b"assay: ")
    assert world.value("select count(*) from landing.batch") == 0


def test_big_files_land_on_several_processes_in_the_order_of_their_lines(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With rivals inside one file the later line could win over the first."""
    filler = "x" * 2000
    lines = [tool(str(n % 3000), attributes={"n": n, "f": filler}) for n in range(6000)]
    path = world.write("big.jsonl", *lines, b"junk")
    world.write("small.jsonl", tool("0"), tool("z"))
    assert path.stat().st_size > 8 << 20
    monkeypatch.setenv("ASSAY_BATCH_LINES", "500")
    found = assay_json("land", world.folder)["files"]
    assert [list(report.values())[1:] for report in found] == [
        [6001, 3000, 0, 3000, 1],
        [2, 1, 0, 1, 0],
    ]
    later = "select count(*) from raw.tool_log where (attributes->>'n')::int >= 3000"
    assert world.value(later) == 0


def test_growing_file_is_not_taken(world: World) -> None:
    """Half of a file landed, and its cut line was blamed on its producer."""
    path = world.folder / "growing.jsonl"
    writer = (
        "import sys, time\n"
        "with open(sys.argv[1], 'ab', buffering=0) as file:\n"
        "    while True:\n"
        "        file.write(b'x' * 10); print(flush=True); time.sleep(0.01)\n"
    )
    with subprocess.Popen([sys.executable, "-c", writer, path], stdout=subprocess.PIPE) as growing:
        assert growing.stdout is not None
        growing.stdout.readline()
        outcome = assay("land", path)
        growing.kill()
    assert outcome.returncode == 1
    assert b"still growing" in outcome.stderr
    assert world.value("select count(*) from landing.batch") == 0


def test_manifest_says_when_a_file_is_complete(world: World) -> None:
    """A slow upload pauses; at rest is not complete where the producer states the size."""
    path = world.write("a.jsonl", tool("1"))
    manifest = world.folder / "a.jsonl.manifest"
    manifest.write_text(json.dumps({"bytes": path.stat().st_size + 1}))
    assert assay("land", path).returncode == 1
    manifest.write_text(json.dumps({"bytes": path.stat().st_size}))
    assert assay_json("land", path)["files"][0]["accepted"] == 1
    manifest.write_text("soon")
    assert b'must say {"bytes"' in assay("land", path).stderr


@pytest.mark.parametrize("manifest", ["", '{"bytes": Infinity}'])
def test_a_manifest_that_cannot_be_read_keeps_no_other_file(world: World, manifest: str) -> None:
    """The files behind it did not land, and the counts of those before it were lost."""
    for name in "abc":
        world.write(f"{name}.jsonl", tool(name))
    (world.folder / "b.jsonl.manifest").write_text(manifest)
    outcome = assay("land", world.folder, "--json")
    assert (outcome.returncode, outcome.stderr.count(b'must say {"bytes"')) == (1, 1)
    landed = json.loads(outcome.stdout)["files"]
    assert [(Path(one["path"]).name, one["accepted"]) for one in landed] == [
        ("a.jsonl", 1),
        ("c.jsonl", 1),
    ]


def test_a_file_that_is_named_twice_keeps_its_counts(world: World) -> None:
    """It landed twice, and only the duplicates of the second time were told."""
    path = world.write("a.jsonl", tool("a"))
    (found,) = assay_json("land", world.folder, path)["files"]
    assert (found["lines"], found["accepted"]) == (1, 1)


def test_a_folder_that_cannot_be_read_is_said_and_the_others_land(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended with status 0, as if it had no files."""
    world.write("a.jsonl", tool("a"))
    shut = world.folder / "b"
    shut.mkdir()
    real = os.scandir

    def scan(path: Any) -> Any:
        if str(path) == str(shut):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scan)
    outcome = CliRunner().invoke(land, [str(world.folder), "--json"])
    assert json.loads(outcome.output)["files"][0]["accepted"] == 1
    assert str(outcome.exception) == f"{shut} could not be read: Permission denied."
    landed = work.land(world.folder, 0.0)
    assert (landed.files, landed.problems) == (1, [f"{shut} could not be read: Permission denied"])


def test_watch_lands_files_and_inbox_until_told_to_stop(world: World) -> None:
    """Files were landed again at every look, or the inbox waited for a file."""
    with subprocess.Popen(
        [*ASSAY, "land", "--watch", world.folder, "--json"], stdout=subprocess.PIPE
    ) as watch:
        assert watch.stdout is not None
        world.write("a.jsonl", tool("1"))
        first = json.loads(watch.stdout.readline())["files"][0]
        assert (first["accepted"], Path(first["path"]).name) == (1, "a.jsonl")
        with psycopg.connect(world.url) as connection:
            connection.execute("insert into landing.inbox (line) values (%s)", (tool("2").decode(),))
        assert json.loads(watch.stdout.readline())["files"][0]["path"] == "inbox"
        watch.send_signal(signal.SIGTERM)
        assert watch.wait(timeout=60) == 0
    assert [path.name for path in world.folder.rglob("*.jsonl")] == ["a.jsonl"]
    assert (world.folder / "landed" / "a.jsonl").exists()


def test_fresh_file_at_rest_is_taken_after_a_moment(world: World) -> None:
    """Whoever writes a file and lands it at once was told that it still grows."""
    path = world.write("a.jsonl", tool("1"))
    os.utime(path, (time.time() + 3600,) * 2)  # a writer whose clock is ahead
    assert assay_json("land", path)["files"][0]["accepted"] == 1
