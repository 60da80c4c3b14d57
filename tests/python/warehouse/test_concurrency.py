"""Landers, refreshes, builds, an old transaction and readers, all at once (acceptance 15, 16, 20)."""

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import engine_world
import psycopg
import pytest
from engine_world import House, cost, query
from reader_probes import PROBES, READ_MODELS, READER, probe

from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.refresh.engine import refresh_all

# `make torture` does more of it.
ROUNDS = 3 if os.environ.get("ASSAY_TORTURE") == "1" else 1
_BUILD = (
    "import sys; from pathlib import Path; from engine_world import House;"
    "failed = House(sys.argv[1], Path(sys.argv[2])).build(*sys.argv[3:]);"
    "sys.exit(str(failed) if failed else 0)"
)


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with engine_world.house(database_url, tmp_path) as made:
        for name, sql in READ_MODELS.items():
            made.model(name, sql)
        made.land(*(query(f"q{number}") for number in range(200)), cost("c1", "q1"))
        assert made.build() == {}
        yield made


def _rivals(house: House) -> list[Path]:
    """Eight files over overlapping keys; two landers get the last one."""
    lines = [
        query(f"n{n}", ts=f"2026-03-{n % 9 + 1:02}T10:00:00Z", user_id=f"u{n % 9}") for n in range(300)
    ]
    lines += [cost(f"k{n}", f"n{n}") for n in range(100)]
    paths = []
    for seed in range(8):
        own = random.Random(seed).sample(lines, 300)
        path = house.folder / f"rival{seed}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in own))
        paths.append(path)
    return [*paths, paths[-1]]


def _land(house: House, path: Path) -> int:
    with Lander(house.url, Limits(batch_lines=60)) as lander:
        return lander.land_file(path, 0.0).accepted


def _refresh_until(house: House, done: threading.Event) -> None:
    with psycopg.connect(house.url, autocommit=True) as session:
        while not done.is_set():
            refresh_all(session)


def _dbt(house: House, *args: str) -> None:
    """In a process of its own, as builds are: dbt keeps things for itself in a process."""
    target = ["--target-path", str(house.folder / f"target{len(args)}")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _BUILD, house.url, str(house.folder), *args, *target]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


@pytest.mark.long
def test_everything_at_once_equals_one_after_the_other(house: House) -> None:
    """Prevents a row that is lost, doubled or torn between writers, and a reader who notices."""
    paths = _rivals(house)
    expected = {line for path in paths for line in path.read_text().splitlines()}
    landed: list[int] = []

    def everything() -> None:
        done = threading.Event()
        with ThreadPoolExecutor(16) as pool:
            refreshing = [pool.submit(_refresh_until, house, done) for _ in range(2)]
            landing = [pool.submit(_land, house, path) for path in paths]
            builds = [pool.submit(_dbt, house), pool.submit(_dbt, house, "--full-refresh")]
            try:
                landed.append(sum(one.result() for one in landing))
                for build in builds:
                    build.result()
            finally:
                done.set()
            for one in refreshing:
                one.result()

    with psycopg.connect(house.url, application_name=READER) as old:
        # Open all the while, with a batch that nobody may wait for, or pass by.
        old.execute(_OLD_BATCH)
        old.execute(_OLD_QUERY)
        changes: list[Callable[[], object]] = [everything] * ROUNDS
        found = probe(house.url, PROBES, changes)
        house.refresh()
        assert house.value("select count(*) from ops.pending_batch") == 0
        queries = sum('"kind": "query"' in line for line in expected)
        assert house.value("select sum(entries) from house.agg") == 200 + queries
    assert found.faults == set()
    assert found.looks > 10
    assert landed == [len(expected)] + [0] * (ROUNDS - 1)
    assert house.refresh().admitted == 1
    assert house.value("select sum(entries) from house.agg") == 201 + queries
    assert house.differences() == []


_OLD_BATCH = """
    insert into landing.batch (reader, sha256, first_line, byte_start, byte_end, lines,
        accepted, duplicate, conflict, quarantined, accepted_by_kind, contract_version)
    values ('file', '', 1, 0, 1, 1, 1, 0, 0, 0, '{}', 1)"""
_OLD_QUERY = """
    insert into raw.query_log (event_key, batch_id, line_no, event_id, ts, workspace, source, status)
    select gen_random_uuid(), max(batch_id), 1, 'slow', '2026-03-01 10:00+00', 'default', 'native', 'ok'
    from landing.batch"""
