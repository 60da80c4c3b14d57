"""Landing under kills, lost answers, rivals and monsters: in the end nothing has happened."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_world import World, counts, query, tool

from orchestration.errors import AssayError
from orchestration.landing import admission, inbox, retry
from orchestration.landing.inbox import drain
from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice, parse
from orchestration.landing.store import Counts, Origin
from orchestration.landing.turns import Turn
from orchestration.landing.watch import Watch
from orchestration.landing.workers import Commit, MakeCommit, Workers

MEMORY_MIB = 256

# A lander that stops dead before its n-th statement; what the database was told is all there is.
DYING_LANDER = """
import os, signal, sys
import psycopg
from pathlib import Path
from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits

left = int(sys.argv[2])
def die_at(original):
    def method(self, *args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, *args, **kwargs)
    return method

psycopg.Connection.execute = die_at(psycopg.Connection.execute)
psycopg.Cursor.copy = die_at(psycopg.Cursor.copy)
psycopg.Transaction.__exit__ = die_at(psycopg.Transaction.__exit__)
with Lander(sys.argv[1], Limits(batch_lines=4)) as lander:
    lander.connection()
    lander.land_file(Path(sys.argv[3]), 0.0)
"""


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> World:
    return World(database_url, tmp_path)


def mixed_lines(number: int) -> list[bytes]:
    """Persons, texts, documents, duplicates, conflicts and junk, in one file."""
    lines: list[bytes] = []
    for n in range(number):
        lines.append(query(f"q{n}", user_id=f"u{n % 5}", query_text=f"text {n}"))
        lines.append(tool(f"t{n}", query_id=f"q{n}"))
        if n % 3 == 0:
            lines += [lines[-1], tool(f"t{n}", tool="other"), b"junk %d" % n]
    return lines


class TurnAmong(Turn):
    """A turn whose taker hears that others hold these keys."""

    def __init__(self, rivals: set[bytes]) -> None:
        self.rivals = rivals

    def __enter__(self) -> set[bytes]:
        return self.rivals


def test_keys_that_a_batch_under_way_may_hold_are_settled_last(world: World) -> None:
    """A key whose holder gave up was neither landed nor counted; one that stands came twice."""
    world.land(world.write("a.jsonl", tool("1"), tool("2")))
    parsed = parse(Slice(1, 0, [tool("1"), tool("2", tool="x"), tool("3"), tool("4")]), Limits())
    with world.lander() as lander:
        found = lander.commit(parsed, Origin("file"), turn=TurnAmong(set(parsed.keys[:3])))
    assert counts(found) == (4, 2, 1, 1, 0)
    assert found.by_kind == {"tool": 2}
    assert world.value("select count(*) from raw.tool_log") == 4
    assert world.value("select count(*) from landing.key") == 4


def test_rival_that_was_faster_is_seen_and_nothing_lands_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the keys and their insert another lander may commit them."""
    world.land(world.write("a.jsonl", tool("1"), tool("2")))
    real, blind = admission._known_contents, iter([True])  # noqa: SLF001

    def too_early(connection: psycopg.Connection[Any], keys: list[bytes]) -> dict[bytes, bytes]:
        return {} if next(blind, False) else real(connection, keys)

    monkeypatch.setattr(admission, "_known_contents", too_early)
    monkeypatch.setattr(retry, "pause", pytest.fail)  # the batch itself must not start anew
    again = world.write("b.jsonl", tool("1"), tool("2", tool="other"), tool("3"))
    assert counts(world.land(again)) == (3, 1, 1, 1, 0)
    assert world.value("select count(*) from raw.tool_log") == 3


@pytest.mark.long
def test_kill_at_any_step_then_land_again_equals_one_clean_run(
    database_url: str, tmp_path: Path
) -> None:
    """A lander that died between two statements left half a batch, or lost one."""
    world = World(database_url, tmp_path)
    path = world.write("a.jsonl", *mixed_lines(4))
    script = tmp_path / "dying.py"
    script.write_text(DYING_LANDER)
    deaths = 0
    for step in count(1, step=3):
        outcome = subprocess.run(
            [sys.executable, script, database_url, str(step), path], check=False, capture_output=True
        )
        if outcome.returncode == 0:
            break
        assert outcome.returncode == -signal.SIGKILL, outcome.stderr.decode()
        deaths += 1
    assert deaths > 10
    after_kills = world.state()
    keys = ("landing.key", "landing.conflict", "landing.quarantine_bytes", "landing.quarantine")
    for table in (*keys, "raw.tool_log", "raw.query_log", "vault.text", "landing.batch"):
        with psycopg.connect(database_url) as connection:
            connection.execute(f"delete from {table}".encode())
    world.land(path, batch_lines=4)
    assert world.state() == after_kills


def test_connection_cut_in_the_middle_is_healed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart of the database ended the whole landing."""
    monkeypatch.setattr(retry, "pause", lambda _: None)
    lines = [tool(str(n)) for n in range(40)]
    path = world.write("a.jsonl", *lines)
    with world.lander(batch_lines=10) as lander:

        def cut(_bytes: int, _counts: Counts) -> None:
            pid = lander.connection().info.backend_pid
            with psycopg.connect(world.url) as killer:
                killer.execute("select pg_terminate_backend(%s)", (pid,))

        lander.on_batch = cut
        assert counts(lander.land_file(path, 0.0)) == (40, 40, 0, 0, 0)


def test_eight_landers_over_the_same_keys_equal_one(world: World) -> None:
    """Landers that meet deadlocked, or both landed the row."""
    lines = [tool(str(n), user_id=f"u{n % 50}") for n in range(400)]
    rivals = []
    for seed in range(8):
        own = lines.copy()
        random.Random(seed).shuffle(own)
        rivals.append(world.write(f"{seed}.jsonl", *own[:300]))
    expected = {line for path in rivals for line in path.read_bytes().splitlines()}
    start = threading.Barrier(len(rivals))

    def land(path: Path) -> Counts:
        start.wait()
        return world.land(path, batch_lines=40)

    with ThreadPoolExecutor(len(rivals)) as pool:
        found = list(pool.map(land, rivals))
    assert sum(each.accepted for each in found) == len(expected)
    assert sum(each.duplicate for each in found) == 8 * 300 - len(expected)
    assert world.value("select count(*) from raw.tool_log") == len(expected)
    assert world.value("select count(*) from vault.subject") == 50


def test_two_landers_on_one_file_land_it_once(world: World) -> None:
    """Two watchers on one folder doubled the day, and its broken lines."""
    path = world.write("a.jsonl", *mixed_lines(60))
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: world.land(path, batch_lines=10), range(2)))
    assert sum(each.accepted for each in found) == 120
    assert world.value("select count(*) from landing.quarantine") == 20
    assert world.value("select count(*) from landing.conflict") == 20


@pytest.mark.parametrize("victim", ["parent", "worker"])
def test_kill_among_several_processes_then_land_again_equals_one_clean_run(
    world: World, victim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orphaned processes went on landing beside the next run, or waited for a turn for ever."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", world.url)
    monkeypatch.setenv("ASSAY_BATCH_LINES", "100")
    filler = "x" * 4000
    path = world.write("big.jsonl", *(tool(str(n), attributes={"f": filler}) for n in range(4000)))
    command = [sys.executable, "-m", "orchestration.cli", "land", str(path), "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as landing:
        while world.value("select count(*) from landing.batch") < 3:
            assert landing.poll() is None
        workers = psutil.Process(landing.pid).children(recursive=True)
        (landing if victim == "parent" else workers[-1]).kill()
        _, alive = psutil.wait_procs(workers, timeout=60)
        assert not alive
        assert landing.wait(timeout=60) != 0
    assert world.value("select count(*) from raw.tool_log") < 4000
    again = subprocess.run(command, check=True, capture_output=True)
    assert b'"lines": 4000' in again.stdout
    assert world.value("select count(*) from raw.tool_log") == 4000
    assert world.value("select count(distinct event_key) from raw.tool_log") == 4000


def test_lander_outlives_the_failure_of_its_processes(world: World) -> None:
    """After one failure a watch dealt every further file to the dead."""
    filler = "x" * 4000
    path = world.write("big.jsonl", *(tool(str(n), attributes={"f": filler}) for n in range(3000)))
    with world.lander(batch_lines=200) as lander, psycopg.connect(world.url, autocommit=True) as admin:
        admin.execute("alter table landing.key rename to hidden")
        with pytest.raises(AssayError, match=r"lacks tables of Assay.* land the same files again"):
            lander.land_file(path, 0.0)
        admin.execute("alter table landing.hidden rename to key")
        assert lander.land_file(path, 0.0).accepted == 3000


def test_file_that_changes_before_all_have_landed_is_not_called_landed(world: World) -> None:
    """What came to it since then had not landed, and the command ended as if all had."""
    paths = [world.write(f"{name}.jsonl", tool(name)) for name in "ab"]
    said: list[Path] = []

    def grow(*_: object) -> None:
        if world.value("select count(*) from raw.tool_log") == 2:
            world.write("a.jsonl", tool("a"), tool("c"))

    with Lander(world.url, on_batch=grow) as lander:
        found = lander.land_files(paths, 0.0, lambda path, _: said.append(path))
    assert ([*found], said) == ([paths[1]], [paths[0]])


def fail_unforeseen(_url: str, _limits: Limits) -> Commit:
    def commit(*_: object) -> Counts:
        raise LookupError("text of a user")

    return commit


def fill_the_disk(_url: str, _limits: Limits) -> Commit:
    def commit(*_: object) -> Counts:
        raise psycopg.errors.DiskFull("text of a user")

    return commit


@pytest.mark.parametrize(
    ("make_commit", "said"),
    [(fail_unforeseen, r"expect \(LookupError"), (fill_the_disk, r"PostgreSQL ended it \(DiskFull")],
)
def test_failure_of_a_process_that_nobody_foresaw_is_named_and_quotes_nothing(
    make_commit: MakeCommit, said: str
) -> None:
    """The process died of it, and its traceback quoted the line."""
    workers = Workers(make_commit, "", Limits())
    try:
        workers.deal(Slice(1, 0, [tool("1")]), Origin("file"), 1, Counts())
        with pytest.raises(AssayError, match=f"{said}.* land the same files again") as caught:
            workers.finish()
    finally:
        workers.close()
    assert "text of a user" not in str(caught.value)


def be_interrupted(_url: str, _limits: Limits) -> Commit:
    def commit(*_: object) -> Counts:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.raise_signal(number)
        return Counts(1, 1)

    return commit


def test_a_process_finishes_its_batch_when_its_group_is_told_to_end() -> None:
    """Ctrl-C reaches all of a terminal: a watch said that a process died, and to land again."""
    workers = Workers(be_interrupted, "", Limits())
    try:
        workers.deal(Slice(1, 0, [tool("1")]), Origin("file"), 1, Counts())
        assert [counts.accepted for _, counts, _ in workers.finish()] == [1]
    finally:
        workers.close()


def test_lander_ends_its_processes_where_sigterm_is_ignored(world: World) -> None:
    """A shell or a supervisor that ignores it hands that down; after a failure nothing ended."""
    filler = "x" * 4000
    path = world.write("big.jsonl", *(tool(str(n), attributes={"f": filler}) for n in range(3000)))
    with psycopg.connect(world.url, autocommit=True) as admin:
        admin.execute("alter table landing.key rename to hidden")
    landing = subprocess.run(
        [sys.executable, "-c", _DEAF, str(path)],
        env={**os.environ, "ASSAY_DATABASE_URL": world.url, "ASSAY_BATCH_LINES": "200"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert landing.returncode == 1
    assert b"The database lacks tables of Assay" in landing.stderr


_DEAF = """
import signal, sys
from orchestration.cli import main
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.argv = ["assay", "land", sys.argv[1]]
main()"""


def _peak_memory_of(world: World, path: Path) -> tuple[int, bytes]:
    """Peak resident MiB of a landing and its processes together, and what it printed."""
    environment = {**os.environ, "ASSAY_DATABASE_URL": world.url, "ASSAY_SETTLE_SECONDS": "0"}
    command = [sys.executable, "-m", "orchestration.cli", "land", str(path), "--json"]
    peak = 0.0
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as landing:
        watched = psutil.Process(landing.pid)
        while landing.poll() is None:
            with suppress(psutil.NoSuchProcess):
                family = [watched, *watched.children(recursive=True)]
                peak = max(peak, sum(each.memory_full_info().uss for each in family))
            time.sleep(0.02)  # sampling: there is no event for memory
        assert landing.stdout is not None
        return round(peak / (1 << 20)), landing.stdout.read()


def test_line_larger_than_memory_is_kept_whole(world: World) -> None:
    """A line of hundreds of megabytes was read into memory, and the machine fell over."""
    path = world.folder / "big.jsonl"
    size = (MEMORY_MIB + 64) << 20
    with path.open("wb") as file:
        file.write(tool("1") + b"\n")
        for _ in range(size >> 20):
            file.write(b"x" * (1 << 20))
        file.write(b"\n" + tool("2") + b"\n")
    peak, printed = _peak_memory_of(world, path)
    assert b'"accepted": 2' in printed
    assert 20 < peak < MEMORY_MIB
    assert world.value("select sum(length(bytes)) from landing.quarantine_bytes") == size
    assert world.reasons() == [(2, "TOO_LARGE")]


def _long_lines(folder: Path, body: str) -> Path:
    path = folder / "long.jsonl"
    with path.open("wb") as file:
        for n in range(1500):
            file.write(tool(str(n), attributes={"body": body}) + b"\n")
            if n % 10 == 0:
                file.write(b"junk\n")
    assert path.stat().st_size > 80 << 20
    return path


def _long_rows(folder: Path, body: str) -> Path:
    """All of them in one group of rows, in pages of about a megabyte, which are unpacked whole."""
    path = folder / "long.parquet"
    rows = [json.loads(tool(str(n), attributes={"body": f"{n} {body}"})) for n in range(1500)]
    pq.write_table(
        pa.Table.from_pylist(rows), path, compression="none", use_dictionary=False, write_batch_size=16
    )
    assert path.stat().st_size > 80 << 20
    return path


@pytest.mark.parametrize("written", [_long_lines, _long_rows])
def test_memory_does_not_grow_with_the_file(world: World, written: Callable[[Path, str], Path]) -> None:
    """Batches of long lines piled up in memory; then, where one of their lines was refused."""
    path = written(world.folder, "ä" * 30_000)
    peak, printed = _peak_memory_of(world, path)
    assert b'"accepted": 1500' in printed
    assert 20 < peak < MEMORY_MIB


def test_database_that_stays_away_is_said_plainly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """After the last attempt a traceback said nothing of what to do."""
    monkeypatch.setattr(retry, "pause", lambda _: None)
    path = tmp_path / "a.jsonl"
    path.write_bytes(tool("1") + b"\n")
    nowhere = "postgresql://assay:secret@127.0.0.1:1/none"
    with (
        Lander(nowhere) as lander,
        pytest.raises(AssayError, match="land the same files again") as caught,
    ):
        lander.land_file(path, 0.0)
    assert "secret" not in str(caught.value)


def test_what_no_attempt_can_land_is_tried_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents waiting again and again for a row that an index will never take."""

    def no_room(connection: psycopg.Connection[Any], _batch: int) -> None:
        connection.execute("create temp table named (name text primary key)")
        connection.execute(
            "insert into named select string_agg(md5(n::text), '') from generate_series(1, 999) as n"
        )

    monkeypatch.setattr(retry, "pause", lambda _: pytest.fail("it is tried again"))
    with world.lander() as lander, pytest.raises(AssayError, match="index row"):
        lander.commit(parse(Slice(1, 0, [tool("1")]), Limits()), Origin("file"), no_room)


def test_rival_is_seen_whatever_isolation_the_database_prefers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In REPEATABLE READ a lander could not see the rival that it had met, and looked for ever."""
    name = world.url.rsplit("/", 1)[1]
    with psycopg.connect(world.url, autocommit=True) as admin:
        setting = f"alter database {name} set default_transaction_isolation = 'repeatable read'"
        admin.execute(setting.encode())
    real, looks = admission._known_contents, iter(range(5))  # noqa: SLF001

    def look(connection: psycopg.Connection[Any], keys: list[bytes]) -> dict[bytes, bytes]:
        if next(looks, None) is None:
            pytest.fail("it asks again and again")
        return real(connection, keys)

    def be_overtaken(connection: psycopg.Connection[Any], _batch: int) -> None:
        connection.execute("select 1")
        world.land(world.write("a.jsonl", tool("1")))

    monkeypatch.setattr(admission, "_known_contents", look)
    with world.lander() as lander:
        found = lander.commit(parse(Slice(1, 0, [tool("1")]), Limits()), Origin("file"), be_overtaken)
    assert counts(found) == (1, 0, 1, 0, 0)


def test_inbox_is_landed_once_though_its_drainer_lost_the_lock(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock went with the connection: another drainer landed the same lines, broken ones twice."""
    monkeypatch.setattr(retry, "pause", lambda _: None)
    for line in (tool("1"), b"junk", tool("2"), b"more junk"):
        world.rows("insert into landing.inbox (line) values (%s) returning 1", line.decode())
    real, lost = Lander.commit, iter([True])

    def lose_the_lock(self: Lander, *given: Any) -> Counts:
        if next(lost, False):
            pid = self.connection().info.backend_pid
            world.rows("select pg_terminate_backend(%s, 5000)", pid)
            # Its lines are cut otherwise than ours.
            with world.lander(batch_lines=2) as rival:
                assert drain(rival).lines == 4
        return real(self, *given)

    monkeypatch.setattr(Lander, "commit", lose_the_lock)
    with world.lander() as lander:
        assert drain(lander).lines == 0
    assert world.value("select sum(lines) from landing.batch") == 4
    assert world.value("select count(*) from landing.quarantine") == 2


def test_number_that_no_decimal_holds_does_not_hold_up_the_inbox(world: World) -> None:
    """Its row was tried first at every drain, and ended it: nothing behind it ever landed."""
    cost = {"kind": "cost", "event_id": "c", "ts": "2026-03-01T10:00:00Z", "model": "m"}
    for line in (json.dumps({**cost, "reported_cost": "1e1000000"}), tool("1").decode()):
        world.rows("insert into landing.inbox (line) values (%s) returning 1", line)
    with world.lander() as lander:
        assert counts(drain(lander)) == (2, 1, 0, 0, 1)
    assert world.value("select count(*) from landing.inbox") == 0
    assert world.rows("select reason from landing.quarantine") == [("RANGE",)]


def test_watch_outlives_a_database_that_is_away_for_long(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watch ended for good when the inbox could not be drained; for files it went on."""
    said: list[str] = []
    stop = threading.Event()
    troubles = iter([AssayError("The database did not take a batch."), None])

    def drained(_: Lander, _enough: Callable[[], bool]) -> Counts:
        trouble = next(troubles, None)
        if trouble is None:
            stop.set()
            return Counts(lines=1)
        raise trouble

    monkeypatch.setattr(inbox, "drain", drained)
    with world.lander() as lander:
        Watch(lander, world.folder, 0.0, lambda name, news: said.append(f"{name}: {news}"), stop).run()
    assert len(said) == 2
    assert "did not take a batch" in said[0]


def test_watch_says_which_folder_cannot_be_read_and_lands_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was passed over without a word."""
    world.write("a.jsonl", query("a"))
    shut = world.folder / "b"
    shut.mkdir()
    real, stop = os.scandir, threading.Event()
    said: list[str] = []

    def scan(path: Any) -> Any:
        if str(path) == str(shut):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    def say(_: str, news: object) -> None:
        said.append(str(news))
        if len(said) == 2:
            stop.set()

    monkeypatch.setattr(os, "scandir", scan)
    with world.lander() as lander:
        Watch(lander, world.folder, 0.0, say, stop).run()
    assert said[0] == f"{shut} could not be read: Permission denied."
    assert world.value("select count(*) from raw.query_log") == 1


def test_watch_goes_on_where_a_landed_file_cannot_be_moved(world: World) -> None:
    """One file in the way of the folder `landed` ended the watch, after its commit, for good."""
    (world.folder / "landed").write_text("in the way")
    said: list[str] = []
    stop = threading.Event()

    def say(name: str, news: object) -> None:
        said.append(f"{Path(name).name}: {news}")
        if name.endswith("b.jsonl") and not isinstance(news, AssayError):
            stop.set()

    for name in ("a", "b"):
        world.write(f"{name}.jsonl", query(name))
    with world.lander() as lander:
        Watch(lander, world.folder, 0.0, say, stop).run()
    assert sum("has landed, and cannot be moved" in news for news in said) == 2
    assert world.rows("select event_id from raw.query_log order by 1") == [("a",), ("b",)]


def test_watch_lands_what_comes_in_the_place_of_a_file_that_cannot_be_moved(world: World) -> None:
    """The name was skipped for ever, without a word: later files of it never landed."""
    (world.folder / "landed").write_text("in the way")
    stop = threading.Event()
    landed: list[object] = []

    def say(_: str, news: object) -> None:
        if isinstance(news, AssayError):
            return
        landed.append(news)
        if len(landed) == 2:
            stop.set()
        world.write("a.jsonl", query("a"), query("b"))

    world.write("a.jsonl", query("a"))
    with world.lander() as lander:
        threading.Timer(60, stop.set).start()
        Watch(lander, world.folder, 0.0, say, stop).run()
    assert world.rows("select event_id from raw.query_log order by 1") == [("a",), ("b",)]
