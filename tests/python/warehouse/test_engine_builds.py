"""What a build makes, leaves alone, notices and cleans up, over a small project."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import engine_world
import psycopg
import pytest
from engine_world import House, cost, query

from orchestration.errors import AssayError
from orchestration.refresh.engine import Refreshed, refresh_all
from orchestration.refresh.heal import Healed, heal, lags


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with engine_world.house(database_url, tmp_path) as made:
        made.land(query("q1"), query("q2", status="error"), cost("c1", "q1"))
        yield made


def _cells(house: House, schema: str = "house") -> list[tuple[object, ...]]:
    return house.rows(
        f"select workspace, day::text, entries, successes, nanos from {schema}.agg order by 1, 2"
    )


def test_build_refresh_full_refresh_and_plain_target_agree(house: House) -> None:
    """Prevents the one number that depends on how it was computed."""
    assert house.build() == {}
    house.land(query("q3", ts="2026-02-01T10:00:00Z"), cost("c2", "q2", "2.5"), cost("c3", "never"))
    house.refresh()
    refreshed = _cells(house)
    assert refreshed == [
        ("default", "2026-02-01", 1, 1, 0),
        ("default", "2026-03-01", 2, 1, 3_500_000_000),
    ]
    assert house.build() == {}
    assert _cells(house) == refreshed
    assert house.build("--full-refresh") == {}
    assert _cells(house) == refreshed
    assert house.build(target="plain") == {}
    assert _cells(house, "plain_house") == refreshed
    assert house.differences() == []


def test_a_difference_is_seen(house: House) -> None:
    """Prevents a comparison that finds nothing because it compares nothing."""
    house.build()
    house.rows("update house.agg set nanos = nanos + 1")
    assert house.differences() == [("house.agg", 1, 1)]


def test_a_full_refresh_mends_what_is_wrong_and_leaves_the_rest(house: House) -> None:
    """Prevents one that trusts what stands, and one that writes every row to change three."""
    house.land(query("q3", ts="2026-02-01T10:00:00Z", status="error"))
    house.build()
    sound = "select query_key, ctid, xmin from house.fct where day = '2026-02-01'"
    stood = house.rows(sound)
    house.rows("delete from house.fct where status = 'ok'")
    house.rows("update house.fct set status = 'ok' where day = '2026-03-01'")
    house.rows("insert into house.agg select 'of nobody', day, 1, 1, 1 from house.agg")
    house.rows("update house.agg set nanos = nanos + 1 where workspace = 'default'")
    assert house.build("--full-refresh").keys() == set()
    assert _cells(house) == [
        ("default", "2026-02-01", 1, 0, 0),
        ("default", "2026-03-01", 2, 1, 1_000_000_000),
    ]
    assert house.differences() == []
    assert house.rows(sound) == stood


@pytest.mark.parametrize("second", ["1", "2"], ids=["the same row again", "another row"])
def test_a_full_refresh_refuses_two_rows_of_one_grain(house: House, second: str) -> None:
    """Prevents a row from being lost beside what stands, or from taking its place."""
    by_line = engine_world.FACT.replace("sum(reported_cost)", "reported_cost").replace(
        "group by thread_ref", ""
    )
    house.model("fct", by_line)
    assert house.build() == {}
    house.land(cost("c2", "q1", second))
    house.refresh()
    stood = house.rows("select query_key, ctid, xmin from house.fct order by 1")
    failed = house.build("--full-refresh")
    assert "house.fct: its SQL makes 3 rows where 2 have a (query_key) of their own" in failed[
        "fct"
    ].replace('"', "")
    assert house.rows("select query_key, ctid, xmin from house.fct order by 1") == stood


def test_a_build_takes_in_what_landed_since(house: House) -> None:
    """Prevents `dbt build` from leaving the marts where the last refresh left them."""
    house.build()
    house.land(query("q3"))
    assert house.build() == {}
    assert _cells(house) == [("default", "2026-03-01", 3, 2, 1_000_000_000)]


def test_a_build_brings_the_steps_of_a_refresh_up_to_date(house: House) -> None:
    """Prevents an upgraded engine from refreshing what stands by its old statements for ever."""
    house.build()
    steps = house.rows("select name, steps from ops.model order by name")
    house.rows("update ops.model set steps = steps || 'select 1'::text where name in ('fct', 'agg')")
    rows = house.rows("select xmin from house.agg union all select xmin from house.fct")
    assert house.build() == {}
    assert house.rows("select name, steps from ops.model order by name") == steps
    assert house.rows("select xmin from house.agg union all select xmin from house.fct") == rows


def test_changed_logic_is_noticed_and_says_what_to_do(house: House) -> None:
    """Prevents a table that is half by the old definition and half by the new."""
    house.build()
    house.model("fct", engine_world.FACT.replace("costs.nanos", "costs.nanos * 2 as nanos"))
    failed = house.build()
    assert "--full-refresh --select fct+" in failed["fct"]
    house.land(query("q3"))
    house.refresh()  # by the old definition, all of it
    assert _cells(house) == [("default", "2026-03-01", 3, 2, 1_000_000_000)]
    assert house.build("--full-refresh", "--select", "fct+") == {}
    assert _cells(house) == [("default", "2026-03-01", 3, 2, 2_000_000_000)]
    assert house.differences() == []


@pytest.mark.parametrize("what", ["a view below", "a var"])
def test_what_the_sql_stands_on_is_noticed_too(house: House, what: str) -> None:
    """Prevents a changed staging view or a changed zone from being taken for no change."""
    house.build()
    if what == "a var":
        project = house.folder / "dbt_project.yml"
        project.write_text(project.read_text().replace("UTC", "Asia/Kolkata"))
    else:
        house.model("stg_queries", engine_world.STAGING.replace("status,", "upper(status) as status,"))
    assert "--full-refresh" in house.build()["fct"]


def test_a_search_path_changes_no_logic(house: House) -> None:
    """Prevents a role's or a database's setting from asking for a full refresh of everything."""
    fingerprint = "select ops.fingerprint('', array['house.stg_queries', 'house.mart'], '{}')"
    assert house.build() == {}
    was = house.value(fingerprint)
    name = house.url.rsplit("/", 1)[1]
    house.rows(f"alter database {name} set search_path = raw, house, public")
    assert house.value(fingerprint) == was
    house.rows(f"alter database {name} set search_path = pg_catalog, raw, ops")
    assert house.value(fingerprint) == was


RATED = engine_world.FACT.replace(
    "costs.nanos,", "costs.nanos * (select max(rate) from {{ ref('rates') }}) as nanos,"
)
BELOW: dict[str, Callable[[House, tuple[str, str, str]], object]] = {
    "a view": lambda house, by: house.model(
        "stg_queries", engine_world.STAGING.replace("status,", f"{by[0]}(status) as status,")
    ),
    "a view below a view": lambda house, by: house.model("words", f"select '{by[1]}'::text as suffix"),
    "a seed": lambda house, by: (house.folder / "seeds" / "rates.csv").write_text(f"rate\n{by[2]}\n"),
}


@pytest.mark.parametrize("what", BELOW)
@pytest.mark.parametrize("then", ["back", "full refresh"])
def test_marts_wait_for_what_a_changed_view_or_seed_asks_for(
    house: House, what: str, then: str
) -> None:
    """Prevents marts whose old rows are by what stood below them, and new ones by what stands there."""
    (house.folder / "seeds").mkdir()
    change = BELOW[what]
    BELOW["a seed"](house, ("lower", "", "1"))
    house.model("fct", RATED)
    change(house, ("lower", "", "1"))
    if what == "a view below a view":
        house.model(
            "stg_queries",
            engine_world.STAGING.replace(
                "status,", "status || (select max(suffix) from {{ ref('words') }}) as status,"
            ),
        )
    assert house.build() == {}
    assert house.dbt("seed") == {}  # the same rows
    house.land(cost("c2", "q2"))
    assert house.refresh().admitted == 1
    stood = house.rows("select * from house.fct order by 1"), _cells(house)
    change(house, ("upper", "!", "2"))
    assert "--full-refresh" in house.build()["fct"]
    house.land(query("q3"), cost("c3", "q3"))
    with pytest.raises(AssayError, match=r"themselves: house\.fct\. Run `assay build`, and"):
        house.refresh()
    assert (house.rows("select * from house.fct order by 1"), _cells(house)) == stood
    if then == "back":
        change(house, ("lower", "", "1"))
        assert house.build() == {}
    else:
        assert house.build("--full-refresh") == {}
    house.refresh()
    assert house.value("select sum(entries) from house.agg") == 3
    assert house.differences() == []


def test_a_mart_that_changes_makes_nothing_wait(house: House) -> None:
    """Prevents every edit of a mart from stopping the refreshes of what it reads."""
    house.build()
    house.model("mart", engine_world.MART.replace("success_rate", "success_rate, day as same_day", 1))
    assert house.build("--select", "mart") == {}
    house.land(query("q3"))
    assert house.refresh().admitted == 1


def test_a_view_that_changes_waits_for_the_refresh_under_way(house: House) -> None:
    """Prevents a refresh that reads one model through the old view and the next through the new."""
    house.build()
    house.land(query("q3"))
    upper = house.value("select pg_get_viewdef('house.stg_queries'::regclass)").rstrip(";")
    upper = upper.replace(" status", " upper(status) as status")
    with (
        psycopg.connect(house.url) as refreshing,
        psycopg.connect(house.url, autocommit=True) as builder,
        ThreadPoolExecutor(1) as pool,
    ):
        refreshing.execute("select ops.lock_refresh()")  # of a refresh that has read nothing yet
        done = pool.submit(builder.execute, "select ops.put_view('house.stg_queries', %s)", (upper,))
        waits = "select count(*) from pg_stat_activity where pid = %s and wait_event = 'advisory'"
        give_up = time.monotonic() + 30
        while not refreshing.execute(waits, (builder.info.backend_pid,)).fetchall()[0][0]:
            assert not done.done()
            assert time.monotonic() < give_up
        refreshing.execute("select count(*) from house.stg_queries where status = 'ok'")
        refreshing.commit()
        assert done.result().fetchall() == [("replaced",)]


def test_a_reader_of_what_was_rebuilt_is_rebuilt_too(house: House) -> None:
    """Prevents sums over what a fact said before it was rebuilt."""
    house.build()
    house.model("fct", engine_world.FACT.replace("costs.nanos", "costs.nanos * 2 as nanos"))
    assert house.build("--full-refresh", "--select", "fct") == {}
    house.land(query("q3"))
    with pytest.raises(
        Exception, match=r"changed or rebuilt below, but not themselves: house\.agg, house\.srv"
    ):
        house.refresh()
    assert house.build() == {}
    house.refresh()
    assert _cells(house) == [("default", "2026-03-01", 3, 2, 2_000_000_000)]
    assert house.differences() == []


def test_a_new_model_catches_up(house: House) -> None:
    """Prevents a model that knows only what landed after it."""
    house.build()
    house.land(query("q3"))
    house.refresh()
    house.model("agg_late", engine_world.STATE)
    assert house.build() == {}
    assert house.value("select entries from house.agg_late") == 3
    house.land(query("q4"))
    house.refresh()
    assert house.value("select entries from house.agg_late") == 4


def test_a_model_with_other_columns_keeps_its_table(house: House) -> None:
    """Prevents a rebuild that drops the table and every view on it."""
    house.build()
    house.rows("create view public.mine as select workspace, entries from house.agg")
    wider = engine_world.STATE.replace(
        "as successes,", "as successes, {{ sum_counts('sign') }} as all_of_them,"
    )
    house.model("agg", wider)
    assert house.build("--full-refresh") == {}
    assert house.rows("select entries, all_of_them from house.agg") == [(2, 2)]
    assert house.rows("select entries from public.mine") == [(2,)]
    house.land(query("q3"))
    house.refresh()
    assert house.rows("select entries, all_of_them from house.agg") == [(3, 3)]


def test_a_column_that_a_view_holds_is_dropped_when_the_view_is(house: House) -> None:
    """Prevents an upgrade that ends in Postgres's words, which offer to drop what nobody makes anew."""
    house.model(
        "mart", "with all_of_it as (select * from {{ ref('fct') }}) select workspace from all_of_it"
    )
    assert house.build() == {}
    house.model(
        "fct",
        engine_world.FACT.replace("queries.status, costs.nanos", "queries.status, costs.nanos as paid"),
    )
    house.model("agg", engine_world.STATE.replace("add_up('nanos')", "add_up('paid')"))
    refused = house.build("--full-refresh")["fct"]
    assert "house.mart depends on column nanos" in refused
    assert 'assay sql --write "drop view' in refused
    assert house.value("select count(nanos) from house.fct") == 1
    house.rows("drop view house.mart cascade")
    assert house.build("--full-refresh") == {}
    assert house.value("select count(paid) from house.fct") == 1
    assert house.value("select count(*) from house.mart") == 2


def test_a_removed_model_goes_and_a_view_of_somebody_stays(house: House) -> None:
    """Prevents orphans that look alive, and a build that drops what it did not make."""
    house.build()
    house.model("agg_more", engine_world.STATE)
    house.build()
    house.rows("create view public.mine as select * from house.agg_more")
    for name in ("mart", "srv", "agg_more"):
        house.model(name, None)
    assert house.build() == {}
    left = house.rows(
        "select table_name from information_schema.tables where table_schema = 'house' order by 1"
    )
    assert [name for (name,) in left] == ["agg", "agg_more", "fct", "stg_costs", "stg_queries"]
    assert house.rows("select count(*) from public.mine") == [(1,)]
    house.land(query("q3"))
    house.refresh()
    assert house.value("select entries from house.agg") == 3
    assert house.value("select entries from house.agg_more") == 2  # no longer kept


def test_a_view_is_replaced_in_place_or_refused(house: House) -> None:
    """Prevents dbt's own cascade, which drops a reader's views and says nothing."""
    house.build()
    house.rows("create view public.mine as select workspace from house.mart")
    house.model("mart", engine_world.MART.replace("success_rate", "success_rate, day as same_day", 1))
    assert house.build() == {}
    house.model("mart", "select day from {{ ref('srv') }}")
    assert "new version of the model" in house.build()["mart"]
    assert house.rows("select count(*) from public.mine") == [(1,)]


def _while_the_mart_is_read(house: House, statement: str, given: tuple[object, ...]) -> None:
    """Somebody reads slowly, a build wants the view for itself, and others go on reading."""
    with (
        psycopg.connect(house.url) as slow,
        psycopg.connect(house.url, autocommit=True) as other,
        psycopg.connect(house.url, autocommit=True) as builder,
        ThreadPoolExecutor(1) as pool,
    ):
        slow.execute("select * from house.mart").fetchall()  # its lock ends with its transaction
        assert house.build() == {}  # unchanged: needs no lock
        other.execute("set statement_timeout = '500ms'")
        done = pool.submit(builder.execute, statement.encode(), given)
        waits = "select count(*) from pg_stat_activity where pid = %s and state = 'active'"
        while not other.execute(waits, (builder.info.backend_pid,)).fetchall()[0][0]:
            assert not done.done()
        try:
            enough = time.monotonic() + 0.5  # several attempts at the lock
            while time.monotonic() < enough:
                other.execute("select * from house.mart").fetchall()
        finally:
            while not done.done():  # one that comes with the end of an attempt is taken for that
                builder.cancel_safe()
                time.sleep(0.05)
        with pytest.raises(psycopg.errors.QueryCanceled):
            done.result()


def test_a_view_that_is_being_read_is_not_waited_for_by_others(house: House) -> None:
    """Prevents a replaced view from queueing every new reader behind a slow one."""
    house.build()
    filtered = "select workspace, day, success_rate from house.srv where day is not null"
    _while_the_mart_is_read(house, "select ops.put_view('house.mart', %s)", (filtered,))
    house.model("mart", engine_world.MART + " where day is not null")
    assert house.build() == {}


def test_a_view_that_goes_is_not_waited_for_by_others(house: House) -> None:
    """Prevents a build that drops one view and stops all its readers for it."""
    house.build()
    left = [f"house.{name}" for name in engine_world.MODELS if name != "mart"]
    _while_the_mart_is_read(house, "select ops.end_build('analytics', %s, '{}')", (left,))
    house.model("mart", None)
    assert house.build() == {}
    assert house.value("select to_regclass('house.mart')") is None


@pytest.mark.parametrize("option", ["--empty", "--sample=3 days"])
def test_a_part_of_the_data_is_refused(house: House, option: str) -> None:
    """Prevents a table from a sample that refreshes would then add to."""
    assert f"without {option.split('=')[0]}" in house.build(option)["fct"]


BREACHES = {
    "reads without keyed": (
        "fct",
        engine_world.FACT.replace(
            "{{ keyed(ref('stg_queries'), 'query_ref', makes_rows='always') }}",
            "{{ ref('stg_queries') }}",
        ),
        "Read it through keyed()",
    ),
    "additive reads keyed": (
        "agg",
        engine_world.STATE.replace(
            "{{ changes(ref('fct')) }}", "{{ keyed(ref('fct'), ['workspace', 'day']) }}"
        ),
        "cannot read through keyed()",
    ),
    "sums of sums": (
        "srv",
        engine_world.STATE.replace("ref('fct')", "ref('agg')")
        .replace("add_up('nanos')", "add_up('1')")
        .replace("status = 'ok'", "true"),
        "read it through sums()",
    ),
    "sums of what is no sum": (
        "agg",
        engine_world.STATE.replace("changes(ref('fct'))", "sums(ref('fct'))"),
        "is no family of sums",
    ),
    "a key of another length": (
        "srv",
        engine_world.SERVING.replace("['workspace', 'day']) }} as sums", "['workspace']) }} as sums"),
        "needs one column for each of the key",
    ),
    "a key without the row that was promised": (
        "fct",
        engine_world.FACT + "where queries.status = 'ok'",
        "does not always make rows",
    ),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_what_a_refresh_could_not_follow_is_refused(house: House, breach: str) -> None:
    """Prevents a model that builds and then quietly stops following its inputs."""
    name, sql, says = BREACHES[breach]
    house.model(name, sql)
    assert says in house.build()[name]


def _add_target(house: House, name: str) -> None:
    profiles = house.folder / "profiles.yml"
    profiles.write_text(
        profiles.read_text() + f"\n    {name}:\n      <<: *connection\n      schema: {name}\n"
    )


def _refresh(house: House, target: str) -> Refreshed:
    with psycopg.connect(house.url, autocommit=True) as session:
        return refresh_all(session, target)


DIVIDES = engine_world.FACT.replace(
    "costs.nanos,", "costs.nanos / (queries.latency_ms is distinct from 0)::int as nanos,"
)


@pytest.mark.parametrize("draft", ["model", "check"])
def test_what_another_target_refuses_stays_where_people_read_it(house: House, draft: str) -> None:
    """Prevents a developer's draft from taking rows out of the marts, and from never getting well."""
    _add_target(house, "ada")
    assert house.build() == {}
    if draft == "model":
        house.model("fct", DIVIDES)
    else:
        house.check("assert_fast", engine_world.DELTA.replace("> 1000", "= 0"))
    assert house.build(target="ada") == {}
    house.land(query("q3", latency_ms=0), cost("c3", "q3"))
    house.refresh()
    stood = _cells(house)
    with pytest.raises(
        AssayError, match=r"batch 2 is refused by .* of the target ada, and .* analytics"
    ):
        _refresh(house, "ada")
    assert house.value("select count(*) from ops.held_batch") == 0
    assert house.value("select count(*) from house.stg_queries") == 3
    # Its build does not wait for a refresh that cannot be, and says what is wrong.
    assert house.build(target="ada").keys() >= ({"fct"} if draft == "model" else {"assert_fast"})
    assert _cells(house) == stood
    assert house.value("select count(*) from ops.held_batch") == 0
    house.model("fct", engine_world.FACT)
    house.check("assert_fast", engine_world.DELTA)
    assert house.build("--full-refresh", target="ada") == {}
    assert _cells(house, "ada_house") == stood
    assert house.differences() == []


def test_what_people_do_not_read_any_more_leaves_other_targets(house: House) -> None:
    """Prevents a developer's sums from counting a batch twice that was held, and released, after."""
    house.check("assert_fast", engine_world.DELTA)
    _add_target(house, "ada")
    assert house.build() == {}
    assert house.build(target="ada") == {}
    house.rows("delete from ops.delta_check where target = 'ada'")
    house.land(query("slow", latency_ms=5000))
    assert _refresh(house, "ada").admitted == 1
    assert house.refresh().held == 1
    house.land(query("q3"))
    with pytest.raises(AssayError, match="Run `assay build`"):
        _refresh(house, "ada")
    house.refresh()
    assert house.build(target="ada") == {}
    _refresh(house, "ada")
    assert _cells(house, "ada_house") == _cells(house)
    house.rows("select ops.release(batch_id) from ops.held_batch")
    house.rows("delete from ops.delta_check")
    house.refresh()
    _refresh(house, "ada")
    assert _cells(house, "ada_house") == _cells(house)
    assert house.rows("select * from ops.differences('ada') where missing + surplus > 0") == []


def test_what_another_target_took_in_is_not_forgotten_where_people_read(house: House) -> None:
    """Prevents the last rows of a day from missing until the next ones come, with everything green."""
    _add_target(house, "ada")
    assert house.build() == {}
    house.land(query("q3"))
    assert house.build(target="ada") == {}
    assert house.value("select count(*) from ops.pending_batch") == 0
    status = "select distinct batch_id, status from ops.batch_lag order by 1"
    assert house.rows(status) == [(1, "built"), (2, "waiting")]
    with psycopg.connect(house.url, autocommit=True) as session:
        session.execute("update landing.batch set landed_at = landed_at - interval '1 day'")
        assert [(lag.log, lag.waiting_ms is not None) for lag in lags(session)] == [("query", True)]
        with psycopg.connect(house.url, application_name="assay watch"):
            assert heal(session) is None
        assert heal(session) == Healed(admitted=1, held=0, waiting=0)
        assert heal(session) is None
    assert house.rows(status) == [(1, "built"), (2, "refreshed")]
    assert _cells(house) == [("default", "2026-03-01", 3, 2, 1_000_000_000)]


def test_another_target_is_another_world(house: House) -> None:
    """Prevents a developer's build from moving, or checking, what people read."""
    house.build()
    _add_target(house, "mine")
    house.model("agg", engine_world.STATE.replace("as nanos", "as other_nanos"))
    house.model("srv", None)
    house.model("mart", None)
    assert house.build(target="mine") == {}
    house.land(query("q3"))
    house.refresh()
    assert _cells(house) == [("default", "2026-03-01", 3, 2, 1_000_000_000)]
    assert house.value("select entries from mine_house.agg") == 2
    assert house.build(target="mine") == {}
    assert house.value("select entries from mine_house.agg") == 3
    assert house.differences() == []


def test_documentation_and_grants_reach_the_tables(house: House) -> None:
    """Prevents custom materializations from dropping what dbt does for stock ones."""
    house.rows(
        "do $$ begin create role reader_of_tests; exception when duplicate_object then null; end $$"
    )
    (house.folder / "models" / "agg.yml").write_text(
        "models: [{name: agg, description: What it holds, config: {persist_docs: {relation: true,"
        " columns: true}, grants: {select: [reader_of_tests]}},"
        " columns: [{name: entries, description: How many}]}]"
    )
    assert house.build() == {}
    assert house.value("select obj_description('house.agg'::regclass)") == "What it holds"
    assert house.value("select col_description('house.agg'::regclass, 3)") == "How many"
    assert house.value("select has_table_privilege('reader_of_tests', 'house.agg', 'select')")


@pytest.mark.parametrize("model", ["srv", "mart"])
def test_a_contract_is_enforced(house: House, model: str) -> None:
    """Prevents a contract that custom materializations ignore."""
    (house.folder / "models" / f"{model}.yml").write_text(
        f"models: [{{name: {model}, config: {{contract: {{enforced: true}}}},"
        " columns: [{name: workspace, data_type: text}]}]"
    )
    assert "contract" in house.build()[model].lower()


def test_a_unit_test_runs_on_state(house: House) -> None:
    """Prevents `changes` and `keyed` from needing an override in every unit test."""
    (house.folder / "models" / "agg.yml").write_text(
        "unit_tests: [{name: adds, model: agg, given: [{input: ref('fct'), rows: ["
        "{workspace: a, day: 2026-01-01, status: ok, nanos: 3},"
        " {workspace: a, day: 2026-01-01, nanos: 4}]}],"
        " expect: {rows: [{workspace: a, day: 2026-01-01, entries: 2, successes: 1, nanos: 7}]}}]"
    )
    assert house.build() == {}
