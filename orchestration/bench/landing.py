"""Landing against the floor: how much of the speed of a bare COPY is left with everything on.

The floor copies the very bytes that landing made of the lines (typed rows of every log, the retrieved
documents and the texts, rendered beforehand) into unlogged tables without any index.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from orchestration.bench.dbt import bench_folder
from orchestration.bench.scratch import scratch_database
from orchestration.landing.files import find
from orchestration.landing.lander import Lander
from orchestration.landing.tables import all_log_tables, document_table
from orchestration.simulator.commands import DEFAULT_START_MS
from orchestration.simulator.writer import Order, simulate_days

LANDINGS = 3
FLOORS = 5


@contextmanager
def simulated_logs(days: int, queries_per_day: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=bench_folder()) as folder:
        for _ in simulate_days(Order(days, queries_per_day, 1, DEFAULT_START_MS, Path(folder))):
            pass
        yield Path(folder)


def bench_landing(folder: Path) -> dict[str, Any]:
    files = find(folder)
    lines = landed = 0
    landing_s: list[float] = []
    floor_s: list[float] = []
    for attempt in range(LANDINGS):
        with scratch_database("landing") as url:
            started = time.perf_counter()
            with Lander(url) as lander:
                counts = lander.land_files(files, 0.0).values()
            landing_s.append(time.perf_counter() - started)
            lines = sum(each.lines for each in counts)
            landed = sum(each.accepted for each in counts)
            if attempt == LANDINGS - 1:
                floor_s = _floor(url)
    per_s, floor_per_s = lines / min(landing_s), lines / min(floor_s)
    return {
        "lines": lines,
        "accepted": landed,
        "bytes": sum(file.stat().st_size for file in files),
        "landing_s": [round(seconds, 3) for seconds in landing_s],
        "landing_median_s": round(median(landing_s), 3),
        "floor_s": [round(seconds, 3) for seconds in floor_s],
        "landing_rows_per_s": round(per_s),
        "copy_floor_rows_per_s": round(floor_per_s),
        "landing_vs_floor": round(per_s / floor_per_s, 3),
    }


def _floor(url: str) -> list[float]:
    names = [f"raw.{table.name}" for table in (*all_log_tables(), document_table())]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create schema floor")
        rendered = {name: _render(connection, name) for name in (*names, "vault.text")}
        rendered = {name: parts for name, parts in rendered.items() if parts}
        for name in rendered:
            connection.execute(f"create unlogged table floor.{_bare(name)} (like {name})".encode())
        return [_copy_all(connection, rendered) for _ in range(FLOORS)]


def _render(connection: psycopg.Connection[Any], name: str) -> list[bytes]:
    if not connection.execute(f"select 1 from {name} limit 1".encode()).fetchone():
        return []
    with connection.cursor().copy(
        f"copy (select * from {name}) to stdout (format binary)".encode()
    ) as copy:
        small = b"".join(bytes(part) for part in copy)
    return [small[start : start + (1 << 18)] for start in range(0, len(small), 1 << 18)]


def _copy_all(connection: psycopg.Connection[Any], rendered: dict[str, list[bytes]]) -> float:
    for name in rendered:
        connection.execute(f"truncate floor.{_bare(name)}".encode())
    started = time.perf_counter()
    for name, parts in rendered.items():
        with connection.cursor().copy(
            f"copy floor.{_bare(name)} from stdin (format binary)".encode()
        ) as copy:
            for part in parts:
                copy.write(part)
    return time.perf_counter() - started


def _bare(name: str) -> str:
    return name.partition(".")[2]
