"""Imports that are killed, lose the other database, or run twice: every row of it lands once."""

import itertools
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from crashing import _CONTEXT
from landing_world import World
from test_import_databases import LITELLM, call, imported, run, there, world

from orchestration import crash
from orchestration.errors import AssayError
from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.landing.store import Counts
from orchestration.sources.importing import Since, import_database
from orchestration.sources.litellm import TABLES
from orchestration.sources.mapping import read_map
from orchestration.sources.tables import Table

__all__ = ["there", "world"]  # fixtures

ROWS = 300
LINES = 2 * ROWS  # a query and a cost each
SMALL = Limits(batch_lines=50)
MAP = """source: shop
lines:
  - kind: query
    constants: {status: ok}
    fields: {event_id: id, ts: at}
  - kind: cost
    fields: {event_id: id, query_id: id, ts: at, model: model, input_tokens: tokens}
"""


def spend(url: str, **fields: Any) -> None:
    """A call a minute, for five hours: the overlap is a fifth of them, a window a twelfth."""
    at = [f"2026-03-01T{n // 60:02d}:{n % 60:02d}:00" for n in range(ROWS)]
    run(url, LITELLM, *(call(n, moment, **fields) for n, moment in enumerate(at)))


def from_database(warehouse: str, source: str, folder: str) -> None:  # noqa: ARG001
    with Lander(warehouse, SMALL) as lander:
        list(import_database(lander, TABLES, source, Since()))


def from_file(warehouse: str, source: str, folder: str) -> None:  # noqa: ARG001
    mapping = read_map(Path(folder) / "map.yml")
    with Lander(warehouse, SMALL, source=Table(mapping).source()) as lander:
        lander.land_files([Path(folder) / "calls.csv"], 0.0, lambda *_: None)


Work = Callable[[str, str, str], None]


def killed_at(place: int, work: Work, given: tuple[str, ...]) -> None:
    """Ends the process at the n-th point that landing passes, of whatever name."""
    passed = 0

    def point(name: str) -> None:
        nonlocal passed
        passed += name.startswith("landing.")
        if passed == place:
            os.kill(os.getpid(), signal.SIGKILL)

    crash.point = point
    work(*given)


def whole_up_to_the_mark(world: World) -> bool:
    marked = "from landing.import_mark where seen_to >= '2026-03-01Z'"
    due = world.value(f"select max(extract(epoch from seen_to - '2026-03-01Z'))::int / 60 + 1 {marked}")
    landed = world.rows("select count(*) from raw.cost_log join landing.import_mark on ts <= seen_to")
    return due is None or landed == [(due,)]


def all_of_it_once(world: World) -> None:
    totals = """select (select count(*) from raw.query_log), count(*), sum(input_tokens)
                from raw.cost_log"""
    assert world.rows(totals) == [(ROWS, ROWS, ROWS * 15)]
    assert world.value("select count(*) from landing.key") == LINES
    assert world.value("select count(*) from landing.conflict") == 0


@pytest.mark.parametrize("work", [from_database, from_file])
def test_an_import_killed_anywhere_is_made_up_for(world: World, there: str, work: Work) -> None:
    spend(there)
    rows = (f"{n},2026-03-01 {n // 60:02d}:{n % 60:02d}:00+00:00,m,15" for n in range(ROWS))
    (world.folder / "calls.csv").write_text("\n".join(["id,at,model,tokens", *rows]) + "\n")
    (world.folder / "map.yml").write_text(MAP)
    given = (world.url, there, str(world.folder))
    landed = []
    for place in (1, 9, 12, 20, 33):
        process = _CONTEXT.Process(target=killed_at, args=(place, work, given))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        landed.append(world.value("select count(*) from landing.key"))
        assert whole_up_to_the_mark(world)
    assert 0 < landed[-1] < LINES
    work(*given)
    all_of_it_once(world)
    work(*given)
    all_of_it_once(world)


def test_the_other_database_going_away_leaves_what_has_landed_and_is_resumed(
    world: World, there: str
) -> None:
    spend(there, messages=["x" * 20_000])  # more than is read ahead

    def goes_away(_: int, __: Counts) -> None:
        run(
            there,
            """select pg_terminate_backend(pid) from pg_stat_activity
               where application_name = 'assay import' and datname = current_database()""",
        )

    with Lander(world.url, Limits(batch_lines=400, batch_bytes=100_000)) as lander:
        lander.on_batch = goes_away
        with pytest.raises(AssayError, match="connection to the other database was lost"):
            list(import_database(lander, TABLES, there, Since()))
    assert 0 < world.value("select count(*) from landing.key") < 400  # a part of the first window
    assert world.value("select count(*) from landing.import_mark") == 0
    (counts,) = imported("litellm", there).values()
    assert counts[0] > 0
    assert counts[1] > 0
    all_of_it_once(world)


class EndedError(Exception):
    """As by the limit of a run."""


def test_imports_that_are_each_ended_get_a_table_in(world: World, there: str) -> None:
    """Each run began where the last one had: what takes longer than a run may take never came in."""
    spend(there)
    landed = []
    left = 0

    def ends(_: int, __: Counts) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise EndedError

    for _ in range(6):
        left = 5  # of twelve batches
        with Lander(world.url, SMALL) as lander, suppress(EndedError):
            lander.on_batch = ends
            list(import_database(lander, TABLES, there, Since()))
        assert whole_up_to_the_mark(world)
        landed.append(world.value("select count(*) from landing.key"))
    assert landed[0] < LINES
    all_of_it_once(world)


def test_rows_of_one_moment_are_not_cut_apart(world: World, there: str) -> None:
    """What a window leaves of its last moment, the next one, which begins behind it, would not read."""
    many = [call(n, "2026-03-01T10:00:00.123") for n in range(40)]
    run(there, LITELLM, *many, *(call(40 + n, f"2026-03-01T10:00:{n:02d}.5") for n in range(60)))
    with Lander(world.url, SMALL) as lander:
        ((_, counts),) = import_database(lander, TABLES, there, Since())
        assert (counts.accepted, counts.duplicate) == (200, 0)
        ((_, again),) = import_database(lander, TABLES, there, Since())
    assert (again.accepted, again.duplicate) == (0, 200)


def test_an_import_goes_no_further_than_its_own_beginning(world: World, there: str) -> None:
    """A row of that hour that is written late, behind the window that it belongs to, is read the next
    time: as long as no row that began after the import did has moved the mark on."""
    spend(there)

    def asks_on(_: int, __: Counts) -> None:
        with psycopg.connect(there, autocommit=True) as connection:
            connection.execute(call(next(numbers), "2030-01-01T00:00:00").encode())
            connection.execute("""update "LiteLLM_SpendLogs" set "startTime" = now() at time zone 'UTC'
                                  where "startTime" > '2029-01-01'""")

    numbers = itertools.count(ROWS)
    with Lander(world.url, SMALL) as lander:
        lander.on_batch = asks_on
        begun = world.value("select clock_timestamp()")
        ((_, counts),) = import_database(lander, TABLES, there, Since())
    assert counts.accepted == LINES
    assert world.value("select seen_to < %s from landing.import_mark", begun)
    (counted,) = imported("litellm", there).values()
    assert counted[0] == 2 * (next(numbers) - ROWS)


def test_two_imports_at_once_land_each_row_once(world: World, there: str) -> None:
    spend(there)

    def work(number: int) -> Counts:  # noqa: ARG001
        with Lander(world.url, SMALL) as lander:
            ((_, counts),) = import_database(lander, TABLES, there, Since())
        return counts

    with ThreadPoolExecutor(2) as pool:
        found: list[Any] = list(pool.map(work, range(2)))
    assert sum(one.accepted for one in found) == LINES
    assert sum(one.duplicate for one in found) <= LINES  # who came later begins an hour before its mark
    all_of_it_once(world)
    marked = "select count(*), max(seen_to at time zone 'UTC')::text from landing.import_mark"
    assert world.rows(marked) == [(1, "2026-03-01 04:59:00")]
