"""Killed at every point that the code names; a COMMIT whose answer is lost (acceptance 13, 14).

The points are found in the code, so that a new one is tested from the day it is there. The database's
own steps are in `test_refresh.py`.
"""

import json
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from crashing import POINTS, run_to
from landing_world import World, counts, query, tool
from lossy_proxy import lossy

from orchestration.landing import retry
from orchestration.landing.inbox import drain
from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.landing.replay import replay
from orchestration.landing.watch import Watch
from orchestration.refresh.engine import TARGET, refresh_all
from orchestration.scoring.engine import Scoring

NewDatabase = Callable[[], AbstractContextManager[str]]
_MARTS = [point for point in POINTS if point.startswith(("refresh.", "scoring."))]
# The receiver's are passed in test_receiver.py.
_LANDING = [point for point in POINTS if point not in _MARTS and not point.startswith("receiver.")]
_NESTED: Any = {"a": {"a": {"a": 1}}}


def _write(folder: Path) -> None:
    """Persons, texts, duplicates, conflicts, junk, a line too long, one for a deeper contract."""
    world = World("", folder)
    lines = [query(f"q{n}", user_id=f"u{n % 3}", query_text=f"text {n}") for n in range(6)]
    lines += [tool("t"), tool("t"), tool("t", tool="other"), b"junk", b"x" * 5000]
    world.write("a.jsonl", *lines, tool("deep", attributes=_NESTED))
    (folder / "watched").mkdir()
    watched = world.write("watched/b.jsonl", tool("w1"), tool("t"), b"more junk")
    manifest = watched.with_name("b.jsonl.manifest")
    manifest.write_text(json.dumps({"bytes": watched.stat().st_size}))


def _fill_inbox(url: str) -> None:
    with psycopg.connect(url) as session:
        for line in (tool("i1"), b"junk of the inbox", tool("t")):
            session.execute("insert into landing.inbox (line) values (%s)", (line.decode(),))


def land_everything(url: str, folder: Path) -> None:
    """Whoever died in the middle of it starts it again from the beginning."""
    shallow = Limits(batch_lines=4, line_bytes=2000, depth=3)
    with Lander(url, shallow) as lander:
        lander.land_file(folder / "a.jsonl", 0.0)
        drain(lander)
        stop = threading.Event()
        if (folder / "watched" / "b.jsonl").exists():
            Watch(lander, folder / "watched", 0.0, lambda *_: stop.set(), stop).run()
    with Lander(url, Limits()) as lander:
        replay(lander)


def _left(url: str, folder: Path) -> dict[str, Any]:
    world = World(url, folder)
    return world.state() | {
        "waiting": world.value("select count(*) from landing.inbox"),
        "open": world.value("select count(*) from landing.quarantine where replay_batch_id is null"),
        "files": sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()),
    }


# As they are passed: whoever is killed at a later one has passed those before.
_PARTS = ("landing", "inbox", "watch", "files", "replay")
_IN_ORDER = sorted(_LANDING, key=lambda point: _PARTS.index(point.split(".")[0]))


def _leave(new_database: NewDatabase, folder: Path, points: list[str]) -> dict[str, Any]:
    folder.mkdir()
    _write(folder)
    with new_database() as url:
        _fill_inbox(url)
        for point in points:
            assert run_to(point, land_everything, url, folder), f"{point} was not reached"
        land_everything(url, folder)
        return _left(url, folder)


@pytest.fixture(scope="module")
def clean(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _leave(new_database, tmp_path_factory.mktemp("clean") / "files", [])


def test_landers_killed_at_one_point_after_the_other_leave_what_a_clean_run_leaves(
    new_database: NewDatabase, tmp_path: Path, clean: dict[str, Any]
) -> None:
    """A lander that died between two steps left half a batch, lost one, or landed it twice."""
    assert _leave(new_database, tmp_path / "files", _IN_ORDER) == clean
    assert [len(clean[name]) for name in ("queries", "tools", "conflicts")] == [6, 4, 1]


@pytest.mark.long
@pytest.mark.parametrize("point", _LANDING)
def test_a_lander_killed_at_a_point_leaves_what_a_clean_run_leaves(
    new_database: NewDatabase, tmp_path: Path, clean: dict[str, Any], point: str
) -> None:
    """As above, where nothing had landed before."""
    assert _leave(new_database, tmp_path / "files", [point]) == clean


def refresh_and_score(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as session, Lander(url) as lander:
        refresh_all(session)
        Scoring(session, lander).run(["complexity"])
        refresh_all(session)


@pytest.mark.parametrize("point", _MARTS)
def test_a_refresh_or_a_scorer_killed_at_any_point_is_made_up_for(
    built_url: str, tmp_path: Path, point: str
) -> None:
    """A score was lost with its scorer or counted twice, or a batch was taken in twice."""
    world = World(built_url, tmp_path)
    world.land(world.write("a.jsonl", *(query(f"q{n}", query_text="Hello") for n in range(3))))
    assert run_to(point, refresh_and_score, built_url), f"{point} was not reached"
    refresh_and_score(built_url)
    assert world.value("select count(*) from raw.evaluation_log") == 3
    assert world.value("select sum(queries) from marts.performance_overview") == 3
    assert (
        world.rows(f"select model from ops.differences('{TARGET}') where missing + surplus > 0") == []
    )


def test_a_commit_whose_answer_is_lost_lands_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch had landed, the answer was lost, and the retry counted it as duplicates."""
    monkeypatch.setattr(retry, "pause", lambda _: None)
    path = World(database_url, tmp_path).write("a.jsonl", tool("1"), tool("2"), b"junk")
    with lossy(database_url) as proxy, Lander(proxy.url) as lander:
        proxy.lose_answers = 1
        assert counts(lander.land_file(path, 0.0)) == (3, 2, 0, 0, 1)
        assert proxy.lost == 1
    assert World(database_url, tmp_path).value("select array_agg(lines) from landing.batch") == [3]


_WAITS = """
    select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'
        and application_name = 'assay land'"""


def test_a_commit_that_arrives_after_its_retry_lands_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line was cut, the lander tried again, and then the first COMMIT arrived: two batches."""
    monkeypatch.setattr(retry, "pause", lambda _: None)
    world = World(database_url, tmp_path)
    path = world.write("a.jsonl", tool("1"), tool("2"), b"junk")
    with lossy(database_url) as proxy, Lander(proxy.url) as lander:
        proxy.lose_answers, proxy.in_flight = 1, True
        found: list[Any] = []
        landing = threading.Thread(target=lambda: found.append(lander.land_file(path, 0.0)))
        landing.start()
        while not world.value(_WAITS):
            assert landing.is_alive()
        proxy.arrive.set()
        landing.join()
        assert [counts(one) for one in found] == [(3, 2, 0, 0, 1)]
    assert world.value("select array_agg(lines) from landing.batch") == [3]
    assert world.value("select count(*) from raw.tool_log") == 2
    assert world.value("select count(*) from landing.quarantine") == 1
