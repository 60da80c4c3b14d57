"""The server dies, or its disk is full, in the middle of landing and of refreshes (`make faults`).

Over a server of its own, with the durability that a warehouse has.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import engine_world
import psycopg
import pytest
from crashing import make_places
from engine_world import DELTA, House, cost, query
from landing_world import World, tool

from orchestration.errors import AssayError
from orchestration.landing import retry
from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.warehouse import processes
from orchestration.warehouse.migrations import migrate
from orchestration.warehouse.server import EmbeddedServer

pytestmark = pytest.mark.long
_PATIENCE_S = 120


def _until(what: Callable[[], object], why: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, why
        time.sleep(0.02)


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("mortal"))
    server.up()
    try:
        yield server
    finally:
        server.down()


@pytest.fixture
def house(mortal: EmbeddedServer, tmp_path: Path) -> Iterator[House]:
    """Two queries and a cost, built; and its own source has places to die at."""
    url = _new_database(mortal)
    with engine_world.house(url, tmp_path) as made:
        made.land(query("q1"), query("q2", status="error"), cost("c1", "q1"))
        made.check("assert_fast", DELTA)
        assert made.build() == {}
        yield made


def _new_database(server: EmbeddedServer) -> str:
    name = f"d{time.monotonic_ns()}"
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
    with psycopg.connect(server.url_of(name)) as session:
        migrate(session)
    return server.url_of(name)


def _entries(house: House) -> int:
    return int(house.value("select sum(entries) from house.agg"))


def _checkpointer(url: str) -> int | None:
    with suppress(psycopg.OperationalError), psycopg.connect(url) as session:
        asked = "select pid from pg_stat_activity where backend_type = 'checkpointer'"
        return next((pid for (pid,) in session.execute(asked)), None)
    return None


def _back(server: EmbeddedServer, before: int | None = None) -> None:
    """After a crash the server takes itself up again, or is started. For a moment it may answer as if
    nothing had happened: the checkpointer of `before` is not the one of afterwards."""
    server.up()
    _until(lambda: _checkpointer(server.url_of("postgres")) not in (None, before), "the server is back")


def test_a_backend_killed_between_two_statements_of_a_refresh(
    house: House, mortal: EmbeddedServer
) -> None:
    """kill -9 of one backend takes the whole server along; it recovers, and half a refresh is none."""
    house.land(query("q3"), cost("c9", "q1"))
    with psycopg.connect(house.url, autocommit=True) as session:
        places = make_places(session, "refresh")
    for place in places[:: max(1, len(places) // 12)]:
        before: int | None = None
        with suppress(psycopg.OperationalError), psycopg.connect(house.url, autocommit=True) as session:
            session.execute("select set_config('assay.kill_at', %s, false)", (place,))
            before = _checkpointer(house.url)
            with session.transaction(force_rollback=True):
                session.execute("select ops.refresh('analytics')")
            before = None  # a place that this refresh does not come by
        _back(mortal, before)
        assert (_entries(house), house.value("select count(*) from ops.pending_batch")) == (2, 1)
    house.refresh()
    assert _entries(house) == 3
    assert house.differences() == []


def test_the_server_killed_again_and_again_while_files_land(
    house: House, mortal: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was acknowledged before a kill -9 was gone after it, or landed twice (acceptance 14)."""
    monkeypatch.setattr(retry, "ATTEMPTS", 40)
    lines = [query(f"n{number}") for number in range(3000)]
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    acknowledged: list[int] = []
    kills = 0
    with Lander(house.url, Limits(batch_lines=30)) as lander:
        lander.on_batch = lambda _bytes, counts: acknowledged.append(counts.accepted)
        landing = threading.Thread(target=lander.land_file, args=(path, 0.0))
        landing.start()
        while landing.is_alive() and kills < 4:
            goal = len(acknowledged) + 5
            _until(partial(_some_more, acknowledged, goal, landing), "it goes on")
            if (pid := mortal.status().pid) is not None and landing.is_alive():
                known = sum(acknowledged)
                os.kill(pid, signal.SIGKILL)
                assert processes.wait_until(partial(_is_dead, pid), _PATIENCE_S)
                _back(mortal)
                kills += 1
                assert house.value("select sum(accepted) from landing.batch") - 3 >= known
        landing.join()
    assert kills > 0
    assert sum(acknowledged) == len(lines)
    assert house.value("select count(*) from raw.query_log where event_id like 'n%'") == len(lines)
    house.refresh()
    assert _entries(house) == len(lines) + 2
    assert house.differences() == []


def _some_more(acknowledged: list[int], goal: int, landing: threading.Thread) -> bool:
    return len(acknowledged) > goal or not landing.is_alive()


def _is_dead(pid: int) -> bool:
    return not processes.is_running(pid)


def test_dbt_killed_in_the_middle_of_a_full_refresh(house: House) -> None:
    """kill -9 of dbt leaves what stood, or says what is stale; the next build makes it whole."""
    house.land(query("q3"), cost("c9", "q1"))
    with psycopg.connect(house.url, autocommit=True) as session:
        found = make_places(session, *_OF_BUILDS)
    # The last of each: what it did is done, and not committed.
    places = [[place for place in found if place.split()[0] == name][-1] for name in _OF_BUILDS]
    script = house.folder / "build.py"
    script.write_text(
        "import sys; from pathlib import Path; from engine_world import House;"
        "print(House(sys.argv[1], Path(sys.argv[2])).build('--full-refresh'))"
    )
    for place in places:
        assert _killed_at(house, script, place), f"{place} was not reached"
        assert _entries(house) in (2, 3)
        assert house.build() == {}
        assert _entries(house) == 3
        assert house.differences() == []


# What a full refresh comes by, from its beginning to its end.
_OF_BUILDS = ("open_target", "refresh", "shape_table", "register", "end_build")


def _killed_at(house: House, script: Path, place: str) -> bool:
    """dbt waits at the place for a lock that we hold, and is killed there."""
    environment = os.environ | {
        "PGOPTIONS": f"-c assay.wait_at={place.replace(' ', chr(92) + ' ')}",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    with psycopg.connect(house.url, autocommit=True) as holder:
        holder.execute("select pg_advisory_lock(4711)")
        waits = (
            "select count(*) from pg_locks where locktype = 'advisory' and not granted and objid = 4711"
        )
        command = [sys.executable, str(script), house.url, str(house.folder)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as dbt:
            _until(
                lambda: dbt.poll() is not None or holder.execute(waits).fetchall() != [(0,)],
                "dbt ends or comes by",
            )
            came_by = dbt.poll() is None
            dbt.kill()
        holder.execute("select pg_advisory_unlock(4711)")
        orphans = (
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid() and application_name = 'dbt'"
        )
        _until(lambda: holder.execute(orphans).fetchall() == [(0,)], "its session has ended")
    return came_by


# --- a full disk


@contextmanager
def _small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own, in memory; who may not mount one cannot run this test."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)]
    mounted = subprocess.run(["/bin/mount", *options], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("a full disk needs a disk that is small: mounting a tmpfs is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(folder)], check=False)


@pytest.fixture
def cramped(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server whose disk holds little; its log of changes is kept short so that tables fill it."""
    with _small_disk(tmp_path / "disk", 400) as disk:
        small = {"max_wal_size": "64MB", "min_wal_size": "32MB", "shared_buffers": "64MB"}
        server = EmbeddedServer(disk, settings=small)
        server.up()
        try:
            yield server
        finally:
            server.down()


def _fill(disk: Path, leave: int) -> Path:
    """Takes all but some bytes of the disk away."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        while (free := shutil.disk_usage(disk).free - leave) > 0:
            file.write(b"\0" * min(free, 1 << 20))
            file.flush()
    return filler


def test_a_full_disk_stops_landing_and_refreshes_and_costs_nothing(
    cramped: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk left half a batch, or an error that was tried again for ever."""
    monkeypatch.setattr(retry, "pause", lambda _: None)
    (tmp_path / "house").mkdir()
    with engine_world.house(_new_database(cramped), tmp_path / "house") as house:
        house.land(query("q1"))
        assert house.build() == {}
        world = World(house.url, tmp_path)
        body = "x" * 3000
        lines = [tool(f"t{n}", attributes={"f": os.urandom(1500).hex() + body}) for n in range(12000)]
        path = world.write("big.jsonl", *lines)
        filler = _fill(tmp_path / "disk", 24 << 20)
        with pytest.raises(
            AssayError, match=r"land the same files again|landing process died"
        ) as caught:
            world.land(path, batch_lines=500)
        print("landing on a full disk:", caught.value)
        filler.unlink()
        _back(cramped)
        landed = world.value("select coalesce(sum(accepted), 0) from landing.batch")
        assert 1 <= landed < len(lines)
        assert world.value("select count(*) from raw.tool_log") == landed - 1
        assert _entries(house) == 1
        # A refresh that has no room for what it would write.
        house.land(*(query(f"n{n}", workspace=f"w{n}") for n in range(20000)))
        filler = _fill(tmp_path / "disk", 1 << 20)
        with pytest.raises(psycopg.Error) as refused:
            house.refresh()
        print("refresh on a full disk:", type(refused.value).__name__)
        filler.unlink()
        _back(cramped)
        assert _entries(house) == 1
        house.refresh()
        assert _entries(house) == 20001
        assert house.differences() == []
        assert world.land(path, batch_lines=500).accepted == len(lines) - (landed - 1)
