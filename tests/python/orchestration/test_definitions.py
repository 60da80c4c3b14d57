"""Dagster's view of the warehouse: it loads, it is connected, and a run lands a file into a mart."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
import yaml
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.definitions.freshness import CronFreshnessPolicy, TimeWindowFreshnessPolicy
from dagster_world import Loaded

from orchestration.defs.dbt.translator import FRESH_WITHIN
from orchestration.jobs import ledger
from orchestration.jobs.registry import JOBS
from orchestration.jobs.work import land
from orchestration.landing import files
from orchestration.landing.files import set_aside
from orchestration.scoring import registry
from orchestration.settings import PROJECT_DIR

MART = dg.AssetKey(["marts", "performance_overview"])
INBOX = dg.AssetKey(["landing", "inbox_files"])


def _graph(loaded: Loaded) -> AssetGraph:
    return loaded.defs.resolve_asset_graph()


def test_definitions_load_without_a_database(loaded: Loaded) -> None:
    """Prevents a clean clone in which Dagster does not even start."""
    dg.Definitions.validate_loadable(loaded.defs)
    assert not (loaded.home / "postgres").exists()


def test_lineage_goes_from_the_inbox_to_the_mart(loaded: Loaded) -> None:
    """Prevents a mart that hangs in the air because a key was typed by hand."""
    graph = _graph(loaded)
    ancestors = graph.get_ancestor_asset_keys(MART)
    assert INBOX in ancestors
    assert dg.AssetKey(["raw", "query_log"]) in ancestors
    assert dg.AssetKey(["raw", "cost_log"]) in ancestors
    assert dg.AssetKey(["landing", "batch"]) in ancestors


def test_nothing_but_the_inbox_and_the_books_comes_from_nowhere(loaded: Loaded) -> None:
    """Prevents a raw table that no asset fills, which Dagster shows as an outside source.
    Evaluations are reported by those who land them: producers, and scorers, which read other logs."""
    graph = _graph(loaded)
    outside = graph.get_all_asset_keys() - graph.materializable_asset_keys
    assert INBOX in outside
    evaluations = dg.AssetKey(["raw", "evaluation_log"])
    assert {key.path[0] for key in outside - {INBOX, evaluations}} == {"ops"}
    scorers = {dg.AssetKey(["scoring", name]) for name in registry.names()}
    assert graph.get(evaluations).parent_keys == {INBOX, *scorers}
    assert all(dg.AssetKey(["raw", "query_log"]) in graph.get(key).parent_keys for key in scorers)
    from_nowhere = {key for key in graph.materializable_asset_keys if not graph.get(key).parent_keys}
    targets = dg.AssetKey(["marts", "targets"])  # what dbt_project.yml says
    written_by_hand = {key for key in from_nowhere if key.path[0] == "seeds"} | {targets}
    others = {dg.AssetKey(["ops", "pruned_history"]), dg.AssetKey(["landing", "imports"])}
    assert from_nowhere - written_by_hand == others


def test_every_asset_says_what_it_is_and_whose(loaded: Loaded) -> None:
    """Prevents nodes in the graph that only their author understands."""
    graph = _graph(loaded)
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.owners == ["team:warehouse"], key
        assert node.kinds, key


def test_every_model_has_a_freshness_policy(loaded: Loaded) -> None:
    """Prevents a mart that stands still and stays green; and one that Dagster calls fresh and
    `marts.data_freshness` or `marts.job_sla` late, or the other way."""
    graph = _graph(loaded)
    for key in graph.materializable_asset_keys:
        policy = graph.get(key).freshness_policy_or_from_metadata
        if key.path[0] in ("staging", "core", "state", "marts"):
            assert policy is not None, key
    fresh = graph.get(dg.AssetKey(["marts", "data_freshness"])).freshness_policy_or_from_metadata
    assert isinstance(fresh, TimeWindowFreshnessPolicy)
    nightly = graph.get(MART).freshness_policy_or_from_metadata
    assert isinstance(nightly, CronFreshnessPolicy)
    project = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text())
    target = timedelta(milliseconds=project["vars"]["freshness_target_ms"])
    assert fresh.fail_window.to_timedelta() == target == FRESH_WITHIN
    minute, hour = (int(part) for part in nightly.deadline_cron.split()[:2])
    due = timedelta(seconds=JOBS["build"].due_within_s or 0)
    assert timedelta(hours=hour, minutes=minute) == nightly.lower_bound_delta == due


def test_the_limits_of_jobs_are_those_of_the_book(
    loaded: Loaded, warehouse: psycopg.Connection
) -> None:
    """Prevents a limit that Dagster keeps and `marts.job_health` does not know, or the other way."""
    ledger.declare(warehouse, *JOBS)
    book: dict[str, str] = dict(warehouse.execute("select name, limit_s::text from ops.job").fetchall())
    repository = loaded.defs.get_repository_def()
    jobs = {name: repository.get_job(name).tags["dagster/max_runtime"] for name in book}
    assert jobs == book


@pytest.mark.usefixtures("warehouse")
def test_a_run_that_hears_nothing_is_killed_two_minutes_after_its_limit() -> None:
    """Prevents a run that hangs from keeping its process (acceptance 23)."""
    from orchestration.defs.jobs.recorded import recorded

    left: list[int] = []

    @dg.asset
    def probe(context: dg.AssetExecutionContext) -> None:
        with recorded(context, "prune"):
            left.append(signal.alarm(0))

    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize([probe], instance=instance)
    assert left == [pytest.approx(JOBS["prune"].limit_s + 120, abs=10)]


def test_what_is_chosen_in_the_ui_is_made_for_its_period(warehouse: psycopg.Connection) -> None:
    """Prevents the page of September from being written for whoever asked for the one of March."""
    from orchestration.defs.jobs.assets import made_by

    periods: list[Any] = []

    def work(mine: ledger.Attempt) -> int:
        query = "select period_start, period_end from ops.job_run where job_run_id = %s"
        periods.append(warehouse.execute(query, (mine.job_run_id,)).fetchone())
        return 1

    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance:
        patch.setattr("orchestration.defs.jobs.assets.work_of", {"report": work}.get)
        probe = made_by("report", ["probe"], "pages", "reports")
        dg.materialize([probe], instance=instance, partition_key="2026-03-01")
    assert periods == [(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))]


def test_every_job_with_a_period_has_a_schedule(loaded: Loaded) -> None:
    """Prevents a job that is due every hour and that nobody starts."""
    schedules = {one.job_name: one.name for one in loaded.defs.schedules or []}  # type: ignore[union-attr]
    due = {name: f"{job.cadence}_{name}" for name, job in JOBS.items() if job.due_within_s}
    assert schedules == due


def test_a_dbt_group_is_a_dagster_group(loaded: Loaded) -> None:
    """Prevents areas that are called one thing in dbt and another in the UI."""
    graph = _graph(loaded)
    manifest = json.loads((loaded.home / "dbt/manifest/manifest.json").read_text())
    groups = {
        node["name"]: node["group"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    shown = {
        key.path[-1]: graph.get(key).group_name
        for key in graph.materializable_asset_keys
        if key.path[0] != "scoring"  # a scorer has the name of its mart
    }
    assert groups.items() <= shown.items()


def test_a_test_of_severity_error_stops_what_is_built_on_it(loaded: Loaded) -> None:
    """Prevents a mart on facts whose own tests are red."""
    blocking = [
        check.key.name
        for assets in loaded.defs.assets or []
        if isinstance(assets, dg.AssetsDefinition)
        for check in assets.check_specs
        if check.asset_key.path[-1] == "fct_queries" and check.blocking
    ]
    assert "unique_fct_queries_query_key" in blocking
    assert any(name.startswith("never_null_fct_queries") for name in blocking)


def _shown(event: dg.EventLogEntry | None) -> Mapping[str, dg.MetadataValue[Any]]:
    assert event is not None
    assert event.asset_materialization is not None
    return event.asset_materialization.metadata


def test_a_run_lands_a_file_into_the_mart(
    loaded: Loaded, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents definitions that load and do not run; and a file that is landed again at every run."""
    from orchestration.defs.landing.resources import Inbox

    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    monkeypatch.setenv("ASSAY_HOME", str(loaded.home))
    query = {"kind": "query", "event_id": "q", "ts": "2025-06-02T10:00:00Z", "status": "ok"}
    (tmp_path / "one.jsonl").write_text(json.dumps(query | {"latency_ms": 700}) + "\n")
    inbox = Inbox(folder=str(tmp_path), settle_seconds=0)
    resources = {**(loaded.defs.resources or {}), "inbox_resource": inbox}
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize(
            [asset for asset in loaded.defs.assets or [] if isinstance(asset, dg.AssetsDefinition)],
            # The mart's own checks are enough here: each costs a tenth of a second.
            selection=dg.AssetSelection.assets(MART).upstream().without_checks()
            | dg.AssetSelection.checks_for_assets(MART),
            resources=resources,
            instance=instance,
        )
        landed = instance.get_latest_materialization_event(dg.AssetKey(["raw", "query_log"]))
        stored = instance.get_latest_materialization_event(dg.AssetKey(["core", "fct_queries"]))
    checks = {check.check_name for check in run.get_asset_check_evaluations() if check.passed}
    assert run.success
    assert list((loaded.home / "dbt/runs").iterdir()) == []
    assert "assert_costs_reconcile_to_the_nano_dollar" in checks
    assert _shown(landed)["new_rows"].value == 1
    assert _shown(stored)["dagster/row_count"].value == 1
    with psycopg.connect(database_url) as session:
        rows = session.execute(
            "select day::text, queries, successes, latency_p50_ms from marts.performance_overview"
        ).fetchall()
    assert rows == [("2025-06-02", 1, 1, pytest.approx(700, rel=0.01))]
    assert [path.name for path in tmp_path.rglob("*.jsonl")] == ["one.jsonl"]
    assert (tmp_path / "landed" / "one.jsonl").exists()


def test_a_file_that_cannot_be_read_fails_the_run_after_the_others_landed(
    loaded: Loaded, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents one broken file from holding up the rest, and from being overlooked."""
    assert loaded.defs
    from orchestration.defs.landing.assets import raw_logs
    from orchestration.defs.landing.resources import Inbox

    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    query = {"kind": "query", "event_id": "q", "ts": "2025-06-02T10:00:00Z", "status": "ok"}
    (tmp_path / "a.jsonl").write_text("{}\n")
    (tmp_path / "a.jsonl.manifest").write_text("no manifest")
    (tmp_path / "b.jsonl").write_text(json.dumps(query) + "\n")
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize(
            [raw_logs],
            resources={"inbox_resource": Inbox(folder=str(tmp_path), settle_seconds=0)},
            instance=instance,
            raise_on_error=False,
        )
    with psycopg.connect(database_url) as session:
        count = session.execute("select count(*) from raw.query_log").fetchone()
    assert not run.success
    assert count == (1,)
    assert (tmp_path / "a.jsonl").exists()
    assert (tmp_path / "landed" / "b.jsonl").exists()


def test_a_landed_file_that_cannot_be_moved_is_told_and_holds_up_no_other(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents a full disk from ending the job at the first file, and each file from landing twice."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    (tmp_path / "landed").write_text("where the folder should be")
    for name in "ab":
        tool = {
            "kind": "tool",
            "event_id": name,
            "ts": "2025-06-02T10:00:00Z",
            "tool": "t",
            "status": "ok",
        }
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(tool) + "\n")
    for accepted in (2, 0):
        landed = land(tmp_path, 0)
        assert [landed.counts.accepted, landed.files] == [accepted, 2]
        assert ["cannot be moved to landed" in problem for problem in landed.problems] == [True, True]


def test_a_file_that_grows_while_it_lands_counts_by_its_lines_and_not_as_landed(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents a run that says it landed a file which stays, or nothing where lines have landed."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    monkeypatch.setenv("ASSAY_BATCH_LINES", "1")
    path = tmp_path / "a.jsonl"

    def more(event_id: str) -> None:
        with path.open("a") as file:
            tool = {"kind": "tool", "event_id": event_id, "ts": "2025-06-02T10:00:00Z", "tool": "t"}
            file.write(json.dumps(tool | {"status": "ok"}) + "\n")

    for name in "ab":
        more(name)
    steps = iter("c")

    def grown(*known: Any) -> None:
        for name in steps:
            more(name)
        files.require_unchanged(*known)

    def grown_since(*known: Any) -> bool:
        more("e")
        return set_aside(*known)

    monkeypatch.setattr("orchestration.landing.lander.require_unchanged", grown)
    landed = land(tmp_path, 0)
    assert [landed.counts.accepted, landed.files, len(landed.growing)] == [2, 0, 1]
    landed = land(tmp_path, 0)
    assert [landed.counts.accepted, landed.counts.duplicate, landed.files] == [1, 2, 1]
    more("d")
    monkeypatch.setattr(files, "set_aside", grown_since)
    landed = land(tmp_path, 0)
    assert [landed.counts.accepted, landed.files, len(landed.growing)] == [1, 0, 1]


def test_the_manifest_follows_the_files(
    loaded: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents Dagster from showing the models of last week, and from parsing at every load; and a unit
    test that was renamed from staying."""
    from orchestration.warehouse import build

    monkeypatch.setenv("ASSAY_HOME", str(loaded.home))
    parsed: list[list[str]] = []
    monkeypatch.setattr(build, "_invoke", lambda args, *_: parsed.append(args))
    manifest = build.ensure_manifest()
    assert parsed == []
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(build, "PROJECT_DIR", tmp_path)
    models = tmp_path / "models"
    models.mkdir()
    model, tests = models / "a.sql", models / "a.yml"
    build.manifest_folder().mkdir(parents=True)
    shutil.copy(manifest, build.manifest_folder())
    older = manifest.stat().st_mtime - 1000
    sql_alone, whole = ["parse"], ["parse", "--no-partial-parse"]

    def parses() -> list[list[str]]:
        build.ensure_manifest()
        found = parsed.copy()
        parsed.clear()
        return found

    model.write_text("select 1")
    assert parses() == [sql_alone]
    assert parses() == []
    model.write_text("select 2")
    os.utime(model, (older, older))  # of a release before
    assert parses() == [sql_alone]
    tests.touch()
    assert parses() == [whole]
    tests.unlink()
    assert parses() == [whole]
    (models / "unfinished").mkdir()
    assert parses() == []
    monkeypatch.setattr(build, "_invoke", lambda *_: 1 / 0)
    model.unlink()
    with pytest.raises(ZeroDivisionError):
        build.ensure_manifest()
    monkeypatch.setattr(build, "_invoke", lambda args, *_: parsed.append(args))
    model.write_text("select 2")
    os.utime(model, (older, older))
    assert parses() == [sql_alone]  # what the one that failed has left is not known


def test_dagsters_home_has_no_telemetry_and_keeps_the_users_choice(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents reports to the outside, and a start that overwrites somebody's dagster.yaml."""
    from orchestration.ui.home import STORAGE_VARIABLE, prepare_home
    from orchestration.warehouse.urls import sqlalchemy_url

    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    monkeypatch.setenv(STORAGE_VARIABLE, sqlalchemy_url(database_url))
    home = prepare_home()
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert instance.telemetry_enabled is False
    own = "telemetry: {enabled: false}\nlocal_artifact_storage: {}\n"
    (home / "dagster.yaml").write_text(own)
    assert prepare_home() == home
    assert (home / "dagster.yaml").read_text() == own


def test_plain_dagster_dev_reports_to_nobody(tmp_path: Path) -> None:
    """Prevents telemetry from whoever does not start Dagster by our command."""
    (tmp_path / "dagster.yaml").write_bytes((PROJECT_DIR / "dagster.yaml").read_bytes())
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.telemetry_enabled is False


def test_the_command_line_does_not_wait_for_dbt_or_dagster() -> None:
    """Prevents seconds of import before every `assay build --help`."""
    check = (
        "import sys, orchestration.warehouse.build;"
        "print([name for name in ('dbt', 'dagster', 'dagster_dbt') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=PROJECT_DIR
    )
    assert ran.stdout.strip() == "[]"


def test_the_page_for_operators_tells_the_true_limits_and_schedules(loaded: Loaded) -> None:
    """Prevents an operator who waits for a run that was ended an hour ago."""
    page = (PROJECT_DIR / "docs" / "operations.md").read_text()
    rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    told = {row[0]: row[1:] for row in rows if len(row) == 3}
    for name, job in JOBS.items():
        assert told[name][1] == f"{job.limit_s // 60} minutes"
        if job.due_within_s is not None:
            assert told[name][0].split(" after")[0] in (
                f"{job.due_within_s // 60} minutes",
                f"{job.due_within_s // 3600} hours",
            )
    running = [*(loaded.defs.schedules or []), *(loaded.defs.sensors or [])]
    assert {one.name for one in running} <= set(told)
