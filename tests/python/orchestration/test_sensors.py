"""Sensors, driven tick by tick: what they ask for, what they do, what they report."""

import json
import os
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
from dagster._core.storage.tags import RUN_KEY_TAG
from dagster._core.test_utils import create_run_for_test
from dagster_world import Loaded, land, line
from landing_world import admit

from orchestration.errors import AssayError
from orchestration.jobs import ledger
from orchestration.jobs.work import land_all
from orchestration.refresh.engine import Refreshed
from orchestration.refresh.heal import heal


@pytest.fixture
def instance() -> Any:
    with dg.DagsterInstance.ephemeral() as one:
        yield one


def _inbox_tick(
    instance: dg.DagsterInstance, folder: Path, cursor: str | None, settle_s: float | None = 0
) -> dg.SensorResult:
    from orchestration.defs.landing.resources import Inbox
    from orchestration.defs.landing.sensors import inbox_sensor

    inbox = Inbox(folder=str(folder), settle_seconds=settle_s)
    context = dg.build_sensor_context(
        instance=instance, cursor=cursor, resources={"inbox_resource": inbox}
    )
    result = inbox_sensor(context)
    assert isinstance(result, dg.SensorResult)
    return result


def _keys(result: dg.SensorResult) -> list[str | None]:
    return [request.run_key for request in result.run_requests or []]


def test_only_a_complete_file_is_asked_for(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """Prevents half a file from being landed because somebody is still writing it (acceptance 2)."""
    file = tmp_path / "a.jsonl"
    file.write_text(line("a") + "\n")
    first = _inbox_tick(instance, tmp_path, None)
    assert _keys(first) == []
    with file.open("a") as still:
        still.write(line("b") + "\n")
    grown = _inbox_tick(instance, tmp_path, first.cursor)
    assert _keys(grown) == []
    at_rest = _inbox_tick(instance, tmp_path, grown.cursor)
    assert len(_keys(at_rest)) == 1
    assert warehouse.execute("select job, status from ops.job_run").fetchall() == [("land", "queued")]


@pytest.mark.parametrize("by", ["job", "asset"])
def test_neither_look_nor_run_takes_a_file_whose_writer_pauses(
    loaded: Loaded,
    warehouse: psycopg.Connection,
    instance: dg.DagsterInstance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    by: str,
) -> None:
    """Prevents the run for another file from moving one that is still open: what its writer wrote from
    then on lay among what had landed, and never landed."""
    assert loaded
    from orchestration.defs.landing.assets import raw_logs
    from orchestration.defs.landing.resources import Inbox

    monkeypatch.setenv("ASSAY_SETTLE_SECONDS", "120")
    for name, age_s in (("open", 5), ("done", 300)):
        file = tmp_path / f"{name}.jsonl"
        file.write_text(line(name) + "\n")
        os.utime(file, (time.time() - age_s,) * 2)
    seen = _inbox_tick(instance, tmp_path, None, None)
    asked = _inbox_tick(instance, tmp_path, seen.cursor, None)
    assert len(_keys(asked)) == 1
    ledger_key = warehouse.execute("select key from ops.job_run").fetchall()[0][0]
    began = time.monotonic()
    if by == "job":
        land_all_of(tmp_path, monkeypatch)
    else:
        inbox = Inbox(folder=str(tmp_path))
        assert dg.materialize(
            [raw_logs], resources={"inbox_resource": inbox}, instance=instance
        ).success
    assert time.monotonic() - began < 60  # nor does it wait for the two minutes
    ledger.run("land", ledger_key, lambda _: 1)
    assert warehouse.execute("select event_id from raw.query_log").fetchall() == [("done",)]
    assert [path.name for path in tmp_path.glob("*.jsonl")] == ["open.jsonl"]
    later = _inbox_tick(instance, tmp_path, asked.cursor, None)
    assert _keys(later) == []
    os.utime(tmp_path / "open.jsonl", (time.time() - 130,) * 2)
    later = _inbox_tick(instance, tmp_path, later.cursor, None)
    assert len(_keys(_inbox_tick(instance, tmp_path, later.cursor, None))) == 1


def test_a_manifest_makes_a_file_complete_at_once(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """Prevents a producer that says when it is done from waiting for nothing."""
    assert warehouse
    (tmp_path / "a.jsonl").write_text(line("a") + "\n")
    (tmp_path / "a.jsonl.manifest").write_text(json.dumps({"bytes": len(line("a")) + 1}))
    assert len(_keys(_inbox_tick(instance, tmp_path, None))) == 1


def test_a_sensor_that_died_after_it_asked_asks_for_the_same_run(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """Prevents two runs of one file: the cursor was not kept, the run was launched (acceptance 23)."""
    (tmp_path / "a.jsonl").write_text(line("a") + "\n")
    seen = _inbox_tick(instance, tmp_path, None)
    asked = _inbox_tick(instance, tmp_path, seen.cursor)
    # It waits: the same question, were it asked again. Dagster knows the run by its key.
    session_key = warehouse.execute("select key from ops.job_run").fetchall()
    assert _keys(asked) == [f"land {session_key[0][0]} 1"]
    again = _inbox_tick(instance, tmp_path, seen.cursor)
    assert _keys(again) in ([], _keys(asked))
    ledger.run("land", session_key[0][0], lambda _: 1)
    assert _keys(_inbox_tick(instance, tmp_path, asked.cursor)) == []


def test_a_file_that_comes_again_is_landed_again(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """Prevents a second delivery of the same bytes from lying in the inbox for ever."""
    (tmp_path / "a.jsonl").write_text(line("a") + "\n")
    first = _inbox_tick(instance, tmp_path, _inbox_tick(instance, tmp_path, None).cursor)
    (key,) = warehouse.execute("select key from ops.job_run").fetchone() or ()
    ledger.run("land", key, lambda _: 1)
    (tmp_path / "a.jsonl").unlink()
    _inbox_tick(instance, tmp_path, first.cursor)
    time.sleep(0.01)
    (tmp_path / "a.jsonl").write_text(line("a") + "\n")
    second = _inbox_tick(instance, tmp_path, _inbox_tick(instance, tmp_path, None).cursor)
    assert len(_keys(second)) == 1
    assert _keys(second) != _keys(first)


def test_a_file_that_cannot_be_read_stops_no_other(
    warehouse: psycopg.Connection,
    instance: dg.DagsterInstance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Prevents one file without its permission from failing every look: a run comes, and names it."""
    assert warehouse
    for name in ("a.jsonl", "closed.jsonl"):
        (tmp_path / name).write_text(line(name) + "\n")
    read = Path.open

    def refuse(path: Path, *arguments: Any, **more: Any) -> Any:
        if path.name == "closed.jsonl":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path, *arguments, **more)

    monkeypatch.setattr(Path, "open", refuse)
    first = _inbox_tick(instance, tmp_path, None)
    assert len(_keys(_inbox_tick(instance, tmp_path, first.cursor))) == 1
    with pytest.raises(AssayError, match=r"closed\.jsonl: .*Permission denied"):
        land_all_of(tmp_path, monkeypatch)
    assert warehouse.execute("select event_id from raw.query_log").fetchall() == [("a.jsonl",)]


def land_all_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_INBOX", str(folder))
    monkeypatch.setenv("ASSAY_SETTLE_SECONDS", os.environ.get("ASSAY_SETTLE_SECONDS", "0"))
    land_all(ledger.Attempt(0))


def test_a_file_that_takes_long_to_read_is_asked_for(
    warehouse: psycopg.Connection,
    instance: dg.DagsterInstance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Prevents a look that takes longer than Dagster gives it, each time, at one very large file."""
    assert warehouse
    (tmp_path / "large.jsonl").write_text(line("a") + "\n")
    content = _Slow()
    monkeypatch.setattr(Path, "open", lambda *_: nullcontext(content))
    monkeypatch.setattr("orchestration.jobs.arrivals._READ_FOR_S", 0.2)
    first = _inbox_tick(instance, tmp_path, None)
    asked = _inbox_tick(instance, tmp_path, first.cursor)
    assert len(_keys(asked)) == 1
    assert content.parts > 0
    assert _keys(_inbox_tick(instance, tmp_path, first.cursor)) == _keys(asked)


class _Slow:
    """A file that takes two seconds to read."""

    parts = 40

    def read(self, _: int) -> bytes:
        time.sleep(0.05)
        self.parts -= 1
        return b"x" if self.parts > 0 else b""


def test_lines_in_the_table_are_asked_for(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """Prevents an application that cannot write files from never being heard."""
    warehouse.execute("insert into landing.inbox (line) values (%s)", (line("a"),))
    assert len(_keys(_inbox_tick(instance, tmp_path, None))) == 1


def test_a_watcher_is_left_alone_and_its_silence_is_healed(
    warehouse: psycopg.Connection, tmp_path: Path
) -> None:
    """Prevents two that refresh the same batch, and a dead watcher that nobody replaces."""
    refreshed: list[int] = []

    def refresh(*_: Any) -> Refreshed:
        refreshed.append(1)
        return Refreshed(0, 0, 0)

    url = str(warehouse.info.dsn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("orchestration.refresh.heal.refresh_once", refresh)
        assert heal(warehouse) is None  # nothing is pending
        land(_url(), tmp_path, line("a"))
        with psycopg.connect(_url(), application_name="assay watch"):
            assert heal(warehouse, patience_s=60) is None
            assert refreshed == []
            assert heal(warehouse, patience_s=0) is not None
        refreshed.clear()
        watching = "select 1 from pg_stat_activity where application_name = 'assay watch'"
        while warehouse.execute(watching).fetchone():
            time.sleep(0.05)
        assert heal(warehouse, patience_s=60) is not None
    assert url
    assert refreshed == [1]


def _url() -> str:
    return os.environ["ASSAY_DATABASE_URL"]


def _refresh_tick(instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult:
    from orchestration.defs.refresh.sensors import refresh_sensor

    result = refresh_sensor(dg.build_sensor_context(instance=instance, cursor=cursor))
    assert isinstance(result, dg.SensorResult)
    return result


def _log_a_refresh(session: psycopg.Connection, *models: tuple[str, list[int], float]) -> None:
    done = [{"model": name, "rows": rows, "ms": ms} for name, rows, ms in models]
    session.execute(
        "insert into ops.refresh_log (target, seq_from, seq_to, batches, held, started_at, models)"
        " values ('analytics', 0, 1, 1, 0, now(), %s)",
        (json.dumps(done),),
    )


def _reported(result: dg.SensorResult) -> dict[str, dict[str, Any]]:
    return {
        ".".join(event.asset_key.path): {name: one.value for name, one in event.metadata.items()}
        for event in result.asset_events or []
    }


def test_refreshes_are_reported_with_rows_and_milliseconds_once(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    """Prevents a graph that says "never materialized" of tables that are refreshed every second."""
    start = json.dumps({"refresh_id": 0})
    _log_a_refresh(warehouse, ("core.fct_queries", [3, 6, 3, 3], 12.5))
    _log_a_refresh(warehouse, ("core.fct_queries", [1, 1, 0, 1], 2.5), ("gone.model", [1, 1], 1.0))
    result = _refresh_tick(instance, start)
    reported = _reported(result)
    fact = reported["core.fct_queries"]
    assert {"refreshes": 2, "rows_in": 4, "rows_written": 14, "ms": 15.0}.items() <= fact.items()
    assert "gone.model" not in reported
    later = json.loads(result.cursor or "")
    second = _refresh_tick(instance, json.dumps(later | {"models_at": 0}))
    assert "core.fct_queries" not in _reported(second)


def test_models_are_reported_every_ten_minutes_and_freshness_every_minute(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    """Prevents 45 events a second in Dagster's storage; and what came meanwhile from being lost."""

    def after(seconds: int, tick: dg.SensorResult) -> dg.SensorResult:
        cursor = json.loads(tick.cursor or "")
        earlier = {name: at - seconds for name, at in cursor.items() if name.endswith("_at")}
        return _refresh_tick(instance, json.dumps(cursor | earlier))

    quiet = _refresh_tick(instance, None)
    _log_a_refresh(warehouse, ("core.fct_queries", [1, 1, 0, 1], 1.0))
    first = after(0, quiet)
    assert set(_reported(first)) == {"core.fct_queries"}
    _log_a_refresh(warehouse, ("core.fct_costs", [1, 1, 0, 1], 1.0))
    assert not after(0, first).asset_events
    minute = after(61, first)
    assert set(_reported(minute)) == {"marts.data_freshness"}
    assert set(_reported(after(600, minute))) == {"core.fct_costs", "marts.data_freshness"}


def test_a_restored_warehouse_is_reported_from_where_it_stands(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    """Prevents a graph without a refresh until an older backup has caught up with Dagster's memory."""
    ahead = json.dumps({"refresh_id": 5_000, "models_at": 0.0})
    tick = _refresh_tick(instance, ahead)
    _log_a_refresh(warehouse, ("core.fct_queries", [1, 1, 0, 1], 1.0))
    assert "core.fct_queries" in _reported(_refresh_tick(instance, tick.cursor))


def test_freshness_is_not_claimed_while_rows_wait(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """Prevents a green policy over marts that nobody refreshes. The target was never built, so the
    refresh fails, and the rows wait."""
    assert "marts.data_freshness" in _reported(_refresh_tick(instance, None))
    land(_url(), tmp_path, line("a"))
    warehouse.execute("update landing.batch set landed_at = now() - interval '6 minutes'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("orchestration.refresh.heal.heal", lambda _: None)
        assert _reported(_refresh_tick(instance, None)) == {}


@pytest.mark.parametrize("waits", [False, True])
def test_a_refresh_that_takes_long_becomes_a_run(
    warehouse: psycopg.Connection,
    instance: dg.DagsterInstance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    waits: bool,
) -> None:
    """Prevents a refresh that is cancelled and begun again for ever, and a run that only waits for
    others."""

    def refresh(session: psycopg.Connection, *_: Any) -> None:
        session.execute("select ops.lock_refresh(), pg_sleep(30)")

    monkeypatch.setattr("orchestration.refresh.heal.refresh_once", refresh)
    monkeypatch.setattr("orchestration.defs.refresh.sensors._STATEMENT_LIMIT_MS", 1000)
    monkeypatch.setattr("orchestration.defs.refresh.sensors._LOCK_LIMIT_MS", 200)
    land(_url(), tmp_path, line("a"))
    with psycopg.connect(_url()) as other:
        if waits:
            other.execute("select ops.lock_refresh()")
        asked = _refresh_tick(instance, None).run_requests or []
    jobs = warehouse.execute("select job, key, status from ops.job_run").fetchall()
    assert [request.run_key for request in asked] == ([] if waits else ["refresh after 0 1"])
    assert jobs == ([] if waits else [("refresh", "after 0", "queued")])
    if asked:
        _submit(instance, *asked)
        assert not _refresh_tick(instance, None).run_requests


def test_the_run_of_a_long_refresh_takes_in_what_waits(
    loaded: Loaded,
    warehouse: psycopg.Connection,
    instance: dg.DagsterInstance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Prevents a run that is asked for and does nothing."""

    def without_models(session: psycopg.Connection) -> Refreshed:
        admit(session)
        return Refreshed(1, 0, 0)

    monkeypatch.setattr("orchestration.refresh.engine.refresh_all", without_models)
    land(_url(), tmp_path, line("a"))
    run = loaded.defs.resolve_job_def("refresh").execute_in_process(instance=instance)
    assert run.success
    jobs = warehouse.execute("select job, status, rows from ops.job_run").fetchall()
    assert jobs == [("refresh", "succeeded", 1)]
    assert warehouse.execute("select count(*) from ops.pending_batch").fetchall() == [(0,)]


def test_what_a_killed_run_left_is_run_again(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    """Prevents work that is queued for another attempt and that nobody comes for."""
    ledger.queue(warehouse, "build", "2026-03-01")
    assert _retry_tick(instance) == []  # whoever asked for it is on the way
    _wait_for_long(warehouse)
    (request,) = _retry_tick(instance)
    assert (request.job_name, request.run_key) == ("build", "build 2026-03-01 1")
    assert request.tags["assay/key"] == "2026-03-01"


def _retry_tick(instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    from orchestration.defs.jobs.sensors import retry_sensor

    result = retry_sensor(dg.build_sensor_context(instance=instance))
    assert isinstance(result, dg.SensorResult)
    return list(result.run_requests or [])


def _wait_for_long(session: psycopg.Connection) -> None:
    session.execute("update ops.job_run set due_at = now() - interval '2 minutes'")


def _submit(instance: dg.DagsterInstance, asked: dg.RunRequest) -> dg.DagsterRun:
    """The run that Dagster makes of a request; it never makes another of the same run key."""
    assert asked.run_key is not None
    assert not instance.get_runs(dg.RunsFilter(tags={RUN_KEY_TAG: asked.run_key}))
    tags = {**asked.tags, RUN_KEY_TAG: asked.run_key}
    run: dg.DagsterRun = create_run_for_test(instance, status=dg.DagsterRunStatus.STARTING, tags=tags)
    return run


def test_a_run_that_ended_before_it_began_is_asked_for_again(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents work that waits for ever because Dagster has seen its run key, two runs of it, and a run
    every half minute for as long as none can begin."""
    from orchestration.defs.jobs import sensors

    ledger.queue(warehouse, "land", "k")
    _wait_for_long(warehouse)
    for pause in (60.0, 60.0, 0.0):
        monkeypatch.setattr(sensors, "PAUSE_S", pause)
        run = _submit(instance, *_retry_tick(instance))
        assert _retry_tick(instance) == []
        instance.report_run_canceled(run)
    monkeypatch.setattr(sensors, "PAUSE_S", 60.0)
    assert _retry_tick(instance) == []
    assert warehouse.execute("select status from ops.job_run").fetchall() == [("queued",)]


def test_landing_that_nobody_takes_up_keeps_no_other_file_waiting(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """Prevents an inbox that says "landing runs" for ever, and a run for each file that comes while one
    waits for its place."""
    warehouse.execute("insert into landing.inbox (line) values (%s)", (line("a"),))
    (asked,) = _inbox_tick(instance, tmp_path, None).run_requests or []
    run = _submit(instance, asked)
    warehouse.execute("insert into landing.inbox (line) values (%s)", (line("b"),))
    assert _keys(_inbox_tick(instance, tmp_path, None)) == []
    instance.report_run_failed(run, "it did not start")
    _submit(instance, *_inbox_tick(instance, tmp_path, None).run_requests or [])


def test_a_run_that_dagster_ended_and_that_goes_on_is_given_up(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents a run that hangs from holding its key for ever, and from being done again by itself
    (acceptance 23)."""
    from orchestration.defs.jobs import sensors

    run = create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED)
    ledger.queue(warehouse, "build", "k")

    def status() -> list[tuple[str]]:
        sensors.retry_sensor(dg.build_sensor_context(instance=instance))
        return warehouse.execute("select status from ops.job_run").fetchall()

    with ledger.attempt("build", "k", run.run_id):
        assert status() == [("running",)]
        instance.report_run_failed(run, "over its limit")
        assert status() == [("running",)]  # it may be about to stop
        monkeypatch.setattr(sensors, "GRACE_S", -1.0)
        assert status() == [("dead",)]
    assert status() == [("dead",)]
    assert [letter["key"] for letter in ledger.dead_letters(warehouse)] == ["k"]


def test_runs_of_a_process_that_is_gone_free_their_place(
    warehouse: psycopg.Connection, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents a run that was killed together with the code server from blocking its job for hours."""
    from orchestration.defs.jobs import sensors

    before = create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED)
    working = create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED)
    monkeypatch.setattr(sensors, "LOADED_AT", time.time() + 1)
    ledger.queue(warehouse, "build", "k")
    with ledger.attempt("build", "k", working.run_id):
        sensors.retry_sensor(dg.build_sensor_context(instance=instance))
    monkeypatch.setattr(sensors, "LOADED_AT", time.time() - 60)
    after = create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED)
    sensors.retry_sensor(dg.build_sensor_context(instance=instance))
    statuses = [instance.get_run_by_id(run.run_id) for run in (before, working, after)]
    assert [run.status.value for run in statuses if run] == ["FAILURE", "STARTED", "STARTED"]
