"""What refreshes leave behind: dead rows go, and tables do not grow where nothing is added."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import engine_world
import psycopg
import pytest
from engine_world import House, cost, query

from orchestration.warehouse.migrations import migrate
from orchestration.warehouse.server import EmbeddedServer

# PostgreSQL's own thresholds, which the server keeps; it only looks more often here.
OFTEN = {"autovacuum_naptime": "1s", "shared_buffers": "64MB", "fsync": "off"}
QUERIES = 2000
ROUNDS = 20
PATIENCE_S = 120.0
_TABLES = """
    select relname, n_dead_tup, n_live_tup, pg_table_size(relid) from pg_stat_user_tables
    where schemaname = 'house'"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="assay-test-") as home:
        Path(home).chmod(0o755)  # root's server is another user
        server = EmbeddedServer(Path(home), settings=OFTEN)
        server.up()
        try:
            with psycopg.connect(server.url) as session:
                migrate(session)
            with engine_world.house(server.url, tmp_path) as made:
                yield made
        finally:
            server.down()


@pytest.mark.long
def test_dead_rows_are_bounded_and_tables_stop_growing(house: House) -> None:
    """Each round brings a cost to every query, so that each fact is retracted and written anew: without
    vacuum a fact table of 2,000 rows holds 40,000 dead ones after it."""
    house.land(*(query(f"q{number}") for number in range(QUERIES)))
    assert house.build() == {}
    sizes = []
    for turn in range(ROUNDS):
        house.land(*(cost(f"c{turn} {number}", f"q{number}") for number in range(QUERIES)))
        house.refresh()
        _until_vacuumed(house)
        sizes.append({name: size for name, _, _, size in house.rows(_TABLES)})
    grown = {name: size / sizes[ROUNDS // 2][name] for name, size in sizes[-1].items()}
    assert {name: ratio for name, ratio in grown.items() if ratio > 1.5} == {}
    assert house.differences() == []


def _until_vacuumed(house: House) -> None:
    """Within the threshold that the documentation states: 50 rows and a fifth of the table."""
    give_up = time.monotonic() + PATIENCE_S
    while (over := _over(house)) and time.monotonic() < give_up:
        time.sleep(0.2)
    assert over == {}


def _over(house: House) -> dict[str, int]:
    rows = house.rows(_TABLES)
    return {name: dead for name, dead, live, _ in rows if dead > 50 + 0.2 * live}
