"""A table whose model changed its key, its columns or its kind."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import engine_world
import psycopg
import pytest
from engine_world import House, cost, query

from orchestration.warehouse.migrations import FOLDER as MIGRATIONS


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with engine_world.house(database_url, tmp_path) as made:
        made.land(query("q1"), query("q2", status="error"), cost("c1", "q1"))
        yield made


@pytest.fixture
def sums(house: House) -> House:
    """Nothing stands on the family of sums."""
    for name in ("mart", "srv"):
        house.model(name, None)
    return house


FINER = engine_world.STATE.replace(
    "key=['workspace', 'day']", "key=['workspace', 'day', 'status']"
).replace("workspace, day", "workspace, day, status")
BY_DAY_AND_STATUS = "select day::text, status, entries from house.agg order by 1, 2"


def _goes_on(house: House, *batch: dict[str, object]) -> None:
    house.land(*batch)
    assert house.refresh().held == 0
    assert house.differences() == []


def _is_required(house: House, table: str, column: str) -> bool:
    (found,) = house.rows(
        "select attnotnull from pg_attribute where attrelid = %s::regclass and attname = %s",
        (f"house.{table}", column),
    )
    return bool(found[0])


def test_a_key_gains_a_column_of_which_a_cell_has_two(sums: House) -> None:
    """Prevents an upgrade that fails at the index of the key that was, however often it is tried."""
    assert sums.build() == {}
    sums.model("agg", FINER)
    assert sums.build("--full-refresh") == {}
    assert sums.rows(BY_DAY_AND_STATUS) == [("2026-03-01", "error", 1), ("2026-03-01", "ok", 1)]
    sums.model("agg", engine_world.STATE)
    assert sums.build("--full-refresh") == {}
    assert sums.rows("select entries from house.agg") == [(2,)]
    _goes_on(sums, query("q3"))


def test_a_key_that_was_holds_no_batch(sums: House) -> None:
    """Prevents sound batches from being held, months after an upgrade, by the key before it."""
    sums.model("agg", FINER)
    assert sums.build() == {}
    sums.rows("create unique index agg_0123456789ab on house.agg (workspace, status)")
    sums.rows("create index kept on house.agg (entries)")
    assert sums.build() == {}
    _goes_on(sums, query("q3", ts="2026-02-01T10:00:00Z"))
    assert sums.value("select to_regclass('house.kept')") == "house.kept", "somebody's own"


def test_a_column_that_leaves_the_grain_may_be_null(sums: House) -> None:
    """Prevents a column from being required for ever because it once told rows apart."""
    grain = "meta={'grain': ['query_key']}"
    sums.model("fct", engine_world.FACT.replace(grain, "meta={'grain': ['query_key', 'status']}"))
    assert sums.build() == {}
    sums.model("fct", engine_world.FACT)
    assert sums.build() == {}, "the same rows"
    sums.model(
        "fct", engine_world.FACT.replace("queries.status", "nullif(queries.status, 'ok') as status")
    )
    assert sums.build("--full-refresh") == {}
    assert sums.rows("select status from house.fct order by 1") == [("error",), (None,)]
    _goes_on(sums, query("q3"))


def test_an_index_is_no_longer_unique(sums: House) -> None:
    """Prevents a promise that the project has given up from holding batches."""
    unique = "indexes=[{'columns': ['day', 'status'], 'unique': true}], meta="
    sums.model("fct", engine_world.FACT.replace("meta=", unique))
    assert sums.build() == {}
    sums.model("fct", engine_world.FACT.replace("meta=", unique.replace("true", "false")))
    assert sums.build() == {}
    _goes_on(sums, query("q3"))
    assert sums.value("select count(*) from pg_indexes where tablename = 'fct'") == 2
    sums.model("fct", engine_world.FACT)
    assert sums.build() == {}
    assert sums.value("select count(*) from pg_indexes where tablename = 'fct'") == 1


def _reads_while_it_is_filled(house: House, ended: Event) -> tuple[object, bool]:
    """What is there once the table has its new column, and whether the build ends before we do."""
    shaped = (
        "select count(*) from pg_attribute where attrelid = 'house.agg'::regclass"
        " and attname in ('all_of_them', 'status')"
    )
    while not house.value(shaped):
        time.sleep(0.01)
    time.sleep(0.5)
    with psycopg.connect(house.url) as reader:
        (found,) = reader.execute("select sum(entries) from house.agg").fetchall()
        return found[0], ended.wait(60)


@pytest.mark.parametrize("new", ["measure", "key"])
def test_a_fill_is_in_nobodys_way(sums: House, new: str) -> None:
    """Prevents one that shows no rows, locks readers out in the end, or is given up for them."""
    assert sums.build() == {}
    wider = engine_world.STATE.replace("entries,", "entries, {{ sum_counts('sign') }} as all_of_them,")
    slowly = "changes where (select pg_sleep(2))::text is not null group"
    sums.model("agg", (wider if new == "measure" else FINER).replace("changes group", slowly))
    ended = Event()
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(_reads_while_it_is_filled, sums, ended)
        assert sums.build("--full-refresh", "--select", "agg") == {}
        ended.set()
        assert read.result() == (2, True)
    defaults = "select count(*) from pg_attrdef where adrelid = 'house.agg'::regclass"
    assert sums.value(defaults) == 0
    _goes_on(sums, query("q3"))


def test_what_has_to_be_locked_is_locked_last(sums: House) -> None:
    """Prevents readers from waiting for indexes and statistics of a column that joins the grain."""
    assert sums.build() == {}
    sums.rows(
        "create table ddl (place int generated always as identity, tag text);"
        "create function log_ddl() returns event_trigger language plpgsql as $$ begin"
        " insert into public.ddl (tag) select tg_tag from pg_event_trigger_ddl_commands()"
        " where object_identity like 'house.fct%'; end $$;"
        "create event trigger log_ddl on ddl_command_end execute function log_ddl()"
    )
    grain = "meta={'grain': ['query_key']}"
    sums.model("fct", engine_world.FACT.replace(grain, "meta={'grain': ['query_key', 'status']}"))
    assert sums.build("--full-refresh") == {}
    assert sums.rows("select tag from ddl order by place") == [("CREATE INDEX",), ("ALTER TABLE",)]
    assert _is_required(sums, "fct", "status")


def test_a_column_of_the_key_has_another_type(sums: House) -> None:
    """Prevents a table that cannot be rebuilt because its old rows have no value of the new type."""
    assert sums.build() == {}
    sums.model(
        "fct",
        engine_world.FACT.replace(
            "{{ local_day('queries.occurred_at') }}",
            "cast({{ local_day('queries.occurred_at') }} as text)",
        ),
    )
    assert sums.build("--full-refresh") == {}
    assert sums.rows("select day, entries from house.agg") == [("2026-03-01", 2)]
    assert _is_required(sums, "agg", "day")
    _goes_on(sums, query("q3"))


FINISHED_WHEN_READ = (
    "select workspace, day, successes * 1.0 / entries as success_rate from {{ ref('agg') }}"
)


def test_state_becomes_a_view(house: House) -> None:
    """Prevents refreshes from writing into a view, and builds from beginning with such a refresh."""
    house.model("mart", None)
    assert house.build() == {}
    house.model("srv", FINISHED_WHEN_READ)
    assert house.build() == {}
    assert house.value("select kind from ops.model where name = 'srv'") == "view"
    _goes_on(house, query("q3"))
    assert house.build() == {}
    assert house.rows("select round(success_rate, 2)::text from house.srv") == [("0.67",)]


def test_what_reads_state_that_became_a_view_is_rebuilt(sums: House) -> None:
    """Prevents sums from asking for the changes of a table that has none any more."""
    assert sums.build() == {}
    sums.model(
        "fct",
        "select query_key, query_ref, batch_id, workspace, status, 2 as nanos,"
        " {{ local_day('occurred_at') }} as day from {{ ref('stg_queries') }}",
    )
    assert "--full-refresh --select agg+" in sums.build()["agg"]
    sums.land(query("q3"))
    with pytest.raises(Exception, match=r"rebuilt below, but not themselves: house\.agg"):
        sums.refresh()
    assert sums.build("--full-refresh") == {}
    assert sums.rows("select entries, nanos from house.agg") == [(2, 4)]
    _goes_on(sums, query("q4"))
    assert sums.rows("select entries, nanos from house.agg") == [(4, 8)]


def test_state_on_which_a_view_stands_says_what_to_do(house: House) -> None:
    """Prevents a build that ends in an offer to drop by cascade."""
    assert house.build() == {}
    house.model("srv", FINISHED_WHEN_READ)
    assert 'assay sql --write "drop view' in house.build()["srv"]
    _goes_on(house, query("q3"))
    house.rows("drop view house.mart")
    assert house.build() == {}
    _goes_on(house, query("q4"))


def test_a_view_becomes_state(sums: House) -> None:
    """Prevents a build that tries to write into the view, and says only that it cannot."""
    sums.model("late", "select workspace, day from {{ ref('fct') }}")
    assert sums.build() == {}
    sums.model("late", engine_world.STATE)
    said = sums.build()["late"]
    says_why = "house.late is a view and becomes a table" in said
    assert says_why
    assert 'assay sql --write "drop view house.late"' in said
    asks_the_same = sums.build("--full-refresh")["late"] == said
    assert asks_the_same
    _goes_on(sums, query("q3"))
    sums.rows("drop view house.late")
    assert sums.build() == {}
    assert sums.value("select entries from house.late") == 3
    _goes_on(sums, query("q4"))


def test_views_that_stand_on_each_other_go_together(house: House) -> None:
    """Prevents the lower of them from staying for ever, in the way of what it reads."""
    house.model("a_low", "select workspace from {{ ref('agg') }}")
    assert house.build() == {}
    house.model("high", "select workspace from {{ ref('a_low') }}")
    assert house.build() == {}
    for name in ("high", "a_low"):
        house.model(name, None)
    assert house.build() == {}
    assert house.rows("select to_regclass('house.high'), to_regclass('house.a_low')") == [(None, None)]
    assert house.value("select count(*) from ops.model where name in ('high', 'a_low')") == 0


def test_a_view_that_somebody_reads_goes_when_they_do(house: House) -> None:
    """Prevents a view from being forgotten because it could not be dropped at once."""
    assert house.build() == {}
    house.rows("create view public.mine as select workspace from house.mart")
    house.model("mart", None)
    assert house.build() == {}
    assert house.value("select count(*) from public.mine") == 1
    house.rows("drop view public.mine")
    assert house.build() == {}
    assert house.value("select to_regclass('house.mart')") is None


def test_no_refresh_writes_into_a_table_that_goes(database_url: str) -> None:
    """Prevents a refresh that ends in an error because a build took its table away under it."""
    with psycopg.connect(database_url) as refresh, psycopg.connect(database_url) as build:
        build.execute("create table public.was_state ()")
        build.commit()
        refresh.execute("select ops.lock_refresh()")
        build.execute("set lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            build.execute("select ops.put_view('public.was_state', 'select 1 as one')")


def test_a_warehouse_whose_state_became_a_view_before_is_healed(database_url: str) -> None:
    """Prevents an upgrade that leaves it as it is: its builds begin with a refresh, and that fails."""
    text = (MIGRATIONS / "0026_readers_of_what_changed.sql").read_text()
    heal = text[text.index("select ops.make_readers_stale(class.oid)") :].partition(";")[0]
    with psycopg.connect(database_url, autocommit=True) as session:
        session.execute("create view public.was_state as select 1 as one; create table public.sums ()")
        session.execute(
            "insert into ops.model (target, schema_name, name, kind, fingerprint, definition) values"
            " ('analytics', 'public', 'was_state', 'touched', 'x', ''),"
            " ('analytics', 'public', 'sums', 'additive', 'x', 'from \"public\".\"was_state\"')"
        )
        session.execute(heal.encode())
        known = session.execute("select name, kind, is_stale from ops.model order by name").fetchall()
    assert known == [("sums", "additive", True), ("was_state", "view", False)]
