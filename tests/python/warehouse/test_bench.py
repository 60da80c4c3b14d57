"""The bench measures what it says, and notices a wrong answer. What it measures here proves nothing."""

import json
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner
from landing_world import admit
from psycopg.conninfo import conninfo_to_dict

from orchestration.bench import endurance, preferences, rebuild, scoring, scratch, suite
from orchestration.bench.bars import BARS, judge
from orchestration.bench.commands import bench
from orchestration.bench.dashboards import queries
from orchestration.bench.dashboards.measure import RIVALS, bench_dashboards
from orchestration.bench.refresh import timed_refresh
from orchestration.bench.scratch import scratch_database
from orchestration.bench.stock import stock_project
from orchestration.bench.suite import Report, Sizes
from orchestration.bench.world import World, make_world
from orchestration.errors import AssayError
from orchestration.refresh.engine import refresh_all
from orchestration.scoring import registry
from orchestration.settings import PROJECT_DIR
from orchestration.warehouse.connection import connect
from orchestration.warehouse.server import EmbeddedServer

TINY = Sizes(
    rows=3000,
    scoring_days=2,
    scoring_queries_per_day=60,
    history=600,
    new_questions=100,
    people=8,
    messages=8,
    rounds=3,
    pairs=2,
    questions=4,
    checked=3,
    commits=4,
    refreshes=5,
    endurance_rows=3000,
    otlp_turns=50,
)


class Built:
    """A small world, built once; every use has a copy."""

    def __init__(self, server: EmbeddedServer, name: str, world: World) -> None:
        self._server, self._name, self._world = server, name, world

    @contextmanager
    def scratch_world(self, _label: str, _queries: int) -> Iterator[tuple[str, World]]:
        name = f"test_{uuid4().hex[:12]}"
        with psycopg.connect(self._server.url_of("postgres"), autocommit=True) as admin:
            admin.execute(f"create database {name} template {self._name}".encode())
            url = self._server.url_of(name)
            try:
                with connect(url=url, autocommit=True) as session:
                    yield url, replace(self._world, session=session)
            finally:
                admin.execute(f"drop database {name} with (force)".encode())

    @contextmanager
    def scratch_database(self, label: str) -> Iterator[str]:
        with self.scratch_world(label, 0) as (url, _world):
            yield url


@pytest.fixture(scope="module")
def built(
    server: EmbeddedServer, new_built_database: Callable[[], AbstractContextManager[str]]
) -> Iterator[Built]:
    with new_built_database() as url:
        with connect(url=url, autocommit=True) as session:
            world = make_world(session, TINY.rows)
            refresh_all(session)
        yield Built(server, url.rsplit("/", 1)[1], world)


@pytest.fixture
def _built_before(built: Built, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Building takes half a minute each; what is built is the same."""
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    for module in (suite, endurance, preferences):
        monkeypatch.setattr(module, "build_models", lambda _url: None)
    for module in (suite, endurance):
        monkeypatch.setattr(module, "scratch_world", built.scratch_world)
    monkeypatch.setattr(preferences, "scratch_database", built.scratch_database)
    monkeypatch.setattr(preferences, "empty_world", lambda _session: None)
    monkeypatch.setattr(endurance, "COMPARED", 2)
    monkeypatch.setattr(rebuild, "run_dbt", lambda _url, _args: {"fct_queries": 1.0})


@pytest.mark.usefixtures("_built_before")
def test_every_figure_is_measured_and_every_answer_is_right() -> None:
    parts = ["preferences", "refresh", "dashboards", "visible", "endurance", "reprice"]
    report = suite.run(parts, TINY, lambda _: None)
    assert report.failed == []
    judged = judge(report.figures, 10_000_000, report.why_missing)
    elsewhere = {"landing_vs_floor", "refresh_vs_stock_dbt"}
    elsewhere |= {
        bar.figure for bar in BARS if bar.figure.startswith(("scor", "questions", "otlp", "receive"))
    }
    assert set(judged) == {bar.figure for bar in BARS} - elsewhere
    columnar = {figure for figure in report.why_missing if figure.endswith("_vs_mart")}
    for figure, verdict in judged.items():
        assert (verdict["value"] is None) == (figure in columnar), figure
    for figure in ("diff_rows", "differing_answers", "reader_blocked"):
        assert judged[figure]["verdict"] == "met", report.figures["differences"]
    sizes = {bar.size for bar in BARS if bar.figure in judged} - {"rows"}
    assert sizes == {"preference_people", "endured_refreshes", "visible_commits"}
    assert sizes <= set(report.figures)
    assert report.figures["checked"] == 12 * (TINY.checked + 1)
    assert report.figures["preference_people_known"] == TINY.people
    assert report.figures["visible_commits"] == TINY.commits
    assert report.figures["refresh_rounds"] == TINY.rounds
    json.dumps(report.figures)


def test_a_delivery_wakes_whoever_watches(built: Built) -> None:
    """Prevents a bench that measures every how many seconds a watch looks that nothing woke."""
    with (
        built.scratch_world("visible", 0) as (url, world),
        connect(url=url, autocommit=True) as watcher,
    ):
        watcher.execute("listen landing_batch")
        world.deliver(20, 1)
        assert len(list(watcher.notifies(timeout=5, stop_after=2))) == 2


def test_scoring_is_measured_by_scorer(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without learners that read built models; every scorer's time and scores are counted."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", server.url_of("postgres"))
    monkeypatch.setattr(scoring, "build_models", lambda _url: b"x" * (1 << 30) == b"")
    monkeypatch.setattr(scoring, "refresh_all", admit)
    monkeypatch.setattr(registry, "LEARNERS", {"topics": registry.LEARNERS["topics"]})
    report = suite.run(["scoring"], TINY, lambda _: None)
    assert report.failed == []
    each = report.figures["scoring_cpu_s_per_1000_each"]
    assert set(each) == {"refresh", "topics", *registry.SCORERS}
    assert report.figures["scores"] > report.figures["scored_queries"] > 50
    whole = report.figures["scoring_cpu_s_per_1000"]
    # Sessions of other tests that end between two readings count as theirs: seconds of 50 queries.
    assert 0 < max(each.values()) <= sum(each.values()) <= 2 * whole + 2
    assert report.figures["questions_clusters"] > 5
    for figure in ("scoring_peak_mib", "questions_peak_mib", "questions_clustered_cpu_s"):
        assert report.figures[figure] > 0
    assert report.figures["scoring_peak_mib"] < 1024
    assert {"scored_queries", "questions_history"} <= set(report.figures)


def test_spans_are_landed_against_the_same_turns_as_lines(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ASSAY_DATABASE_URL", server.url_of("postgres"))
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    report = suite.run(["otlp"], TINY, lambda _: None)
    assert report.failed == []
    assert report.figures["otlp_spans"] == 50 * 3 + 17
    assert report.figures["otlp_lines"] == 50 * 4 + 17
    assert report.figures["otlp_vs_native"] > 0


@pytest.mark.parametrize(
    ("was", "instead"),
    [
        ("latency_p95_ms", "latency_p95_ms * 1.02 as latency_p95_ms"),
        ("cost_usd,", "cost_usd + 1e-9 as cost_usd,"),
    ],
)
def test_a_wrong_answer_is_noticed(
    built: Built, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, was: str, instead: str
) -> None:
    """A percentile two percent off, and a nano-dollar."""
    for flavour in ("mart", *RIVALS):
        copy = tmp_path / "queries" / "kpi_tiles" / f"{flavour}.sql"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text((queries.QUERIES_DIR / "kpi_tiles" / copy.name).read_text())
    mart = tmp_path / "queries" / "kpi_tiles" / "mart.sql"
    mart.write_text(mart.read_text().replace(was, instead))
    monkeypatch.setattr(queries, "QUERIES_DIR", tmp_path / "queries")
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    with built.scratch_world("", 0) as (url, _):
        figures = bench_dashboards(url, 4, 4, lambda _: None)
    assert figures["differing_answers"] >= 5
    assert "kpi_tiles, views" in figures["differences"][0]


def test_a_bench_that_is_stopped_drops_its_databases(server: EmbeddedServer, tmp_path: Path) -> None:
    """SIGTERM in the middle of making the world."""
    environment = {"ASSAY_DATABASE_URL": server.url_of("postgres"), "ASSAY_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "orchestration.cli", "bench", "stock", "--rows", "1e6"]
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as admin:
        admin.execute("drop database if exists assay_bench_whole with (force)")  # of a killed test
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            while not _benches(admin):
                assert process.poll() is None
            process.terminate()
            process.wait(timeout=30)
        assert _benches(admin) == 0


def test_a_log_in_that_was_interrupted_holds_up_no_drop(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL 18 would wait for its authentication_timeout, a minute."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", server.url_of("postgres"))
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), scratch_database("interrupted") as url:
        _interrupted_log_in(url)
    assert time.monotonic() - began < 30


def test_one_bench_after_the_other_needs_no_pause(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server notices that a connection has ended some time after it did; here it never ends."""
    open_still: list[psycopg.Connection] = []

    @contextmanager
    def connected(**how: Any) -> Iterator[psycopg.Connection]:
        open_still.append(connect(**how))
        yield open_still[-1]
        open_still[-1].commit()

    monkeypatch.setenv("ASSAY_DATABASE_URL", server.url_of("postgres"))
    monkeypatch.setattr(scratch, "connect", connected)
    for _ in range(2):
        with scratch_database("again"):
            pass
    for connection in open_still:
        connection.close()


def _interrupted_log_in(url: str) -> None:
    place = conninfo_to_dict(url)
    user = f"user\0{place['user']}\0database\0{place['dbname']}\0\0".encode()
    half = socket.create_connection((str(place["host"]), int(str(place["port"]))))
    half.sendall(struct.pack("!ii", 8 + len(user), 196608) + user)
    assert half.recv(1) == b"R"  # the server asks for the password, and waits
    raise KeyboardInterrupt


def test_a_refresh_that_took_nothing_in_is_no_figure(built: Built) -> None:
    """Prevents refreshes that are fast because a check held what they were to take in."""
    with (
        built.scratch_world("held", 0) as (_url, world),
        pytest.raises(AssayError, match="took in 0 batches"),
    ):
        timed_refresh(world.session)


@pytest.mark.parametrize(("differing", "status"), [(0, 0), (5, 1)])
def test_a_wrong_table_fails_the_bench(
    monkeypatch: pytest.MonkeyPatch, differing: int, status: int
) -> None:
    """Prevents a bench that prints "missed" beside tables that are wrong, and ends like a good one."""
    monkeypatch.setattr(suite, "run", lambda *_: Report({"diff_rows": differing}))
    assert CliRunner().invoke(bench, ["refresh", "--json"]).exit_code == status


def test_a_part_that_fails_keeps_the_figures_of_the_others() -> None:
    report = Report()
    with report.part("idle_ms") as figures:
        figures["idle_ms"] = 0.2
    with report.part("diff_rows"):
        raise ValueError("broken")
    judged = judge(report.figures, 3000, report.why_missing)
    assert judged["idle_ms"]["verdict"] == "met"
    assert judged["diff_rows"]["verdict"] == "not_judged"
    assert "broken" in judged["diff_rows"]["because"]


def test_the_stock_project_has_nothing_of_ours(tmp_path: Path) -> None:
    project = stock_project(tmp_path)
    models = {path.stem: path.read_text() for path in project.glob("models/**/*.sql")}
    assert "materialized='table'" in models["fct_sessions"]
    assert "materialized='table'" in models["srv_learned_people"]
    assert "materialized='table'" in models["agg_lines_by_source"]
    assert "materialized='incremental'" in models["fct_costs"]
    assert "unique_key=['workspace', 'day']" in models["agg_performance_daily"]
    assert "appeared" in _marks_for_refreshes(PROJECT_DIR)
    assert not _marks_for_refreshes(project), "they read all of a table"
    assert not [
        name for name, sql in models.items() if "touched" in sql and "materialized='touched'" in sql
    ]
    assert not (project / "macros" / "materializations").exists()


def _marks_for_refreshes(project: Path) -> set[str]:
    """Macros that say which part of a relation a refresh reads."""
    engine = (project / "macros" / "engine").glob("*.sql")
    return {path.stem for path in engine if "/*end*/" in path.read_text()}


def _benches(admin: psycopg.Connection) -> int:
    row = admin.execute(
        "select count(*) from pg_database where datname like 'assay_bench_%'"
    ).fetchone()
    return row[0] if row else 0
