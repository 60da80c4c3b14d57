"""The suites of Great Expectations: green on good rows, red on bad ones, silent on values, a gate."""

import json
import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from dagster_world import Loaded, land, line
from landing_world import admit

from orchestration.errors import AssayError
from orchestration.expectations.run import Finding, failures, run_suites
from orchestration.expectations.suites import BATCHES, DRIFT, EVALUATIONS, LEDGER, SUITES, TEXTS, Suite
from orchestration.jobs import ledger
from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice, parse
from orchestration.landing.store import Origin

SECRET = "what anna asked"


def _find(suite: Suite, url: str, name: str) -> Finding:
    (found,) = [one for one in run_suites([suite], url=url) if one.expectation.name == name]
    return found


def _good(url: str, folder: Path) -> None:
    land(
        url,
        folder,
        *(line(f"q{n}", query_text=SECRET, response_text="an answer") for n in range(20)),
        line("e", "evaluation", status=None, target_type="query", target_id="q1", evaluator="x",
             evaluator_version="1", metrics={"score": 0.5}),
    )  # fmt: skip


def test_good_rows_pass_every_suite(database_url: str, tmp_path: Path) -> None:
    """Prevents checks that are red whatever lands, and soon ignored."""
    _good(database_url, tmp_path)
    findings = run_suites(url=database_url)
    assert len(findings) == sum(len(suite.expectations) for suite in SUITES)
    assert [one.expectation.name for one in findings if not one.succeeded] == []


def test_an_empty_warehouse_passes(database_url: str) -> None:
    """Prevents a first day on which everything is blocked because nothing has landed."""
    assert failures(run_suites(url=database_url)) == []


def test_many_refused_lines_block_and_one_is_flagged(database_url: str, tmp_path: Path) -> None:
    """Prevents scores of the tenth that could still be read."""
    _good(database_url, tmp_path)
    land(database_url, tmp_path, '{"kind": "query", broken')
    assert _find(LEDGER, database_url, "few_lines_are_refused").succeeded
    flagged = _find(BATCHES, database_url, "nothing_is_refused")
    assert (flagged.succeeded, flagged.evaluated, flagged.unexpected) == (False, 2, 1)
    assert failures([flagged]) == []
    land(database_url, tmp_path, *(f"broken {n}" for n in range(9)))
    assert not _find(LEDGER, database_url, "few_lines_are_refused").succeeded


def test_ids_that_are_used_again_block(database_url: str, tmp_path: Path) -> None:
    """Prevents scores over rows whose better half lies among the conflicts."""
    _good(database_url, tmp_path)
    land(database_url, tmp_path, *(line(f"q{n}", latency_ms=1) for n in range(5)))
    assert not _find(LEDGER, database_url, "few_lines_conflict").succeeded


@pytest.mark.parametrize("reader", ["score", "prices", "replay"])
def test_what_the_warehouse_lands_itself_hides_no_bad_delivery(
    database_url: str, tmp_path: Path, reader: str
) -> None:
    """Prevents a quarter of a day's lines from being a twentieth, beside four scores a query."""
    good = [line(f"q{n}", query_text=SECRET) for n in range(15)]
    again = [line("q1", latency_ms=n) for n in range(2)]
    land(database_url, tmp_path, *good, *again, *(f"broken {n}" for n in range(5)))
    score = {"status": None, "target_type": "query", "evaluator": "x", "evaluator_version": "1"}
    lines = [
        line(f"e{n}", "evaluation", **score, target_id="q1", metrics={"score": 0.5}).encode()
        for n in range(60)
    ]
    with Lander(database_url) as lander:
        parsed = parse(Slice(1, 0, lines), Limits())
        assert lander.commit(parsed, Origin(reader)).accepted == 60
    assert not _find(LEDGER, database_url, "few_lines_are_refused").succeeded
    assert not _find(LEDGER, database_url, "few_lines_conflict").succeeded


def test_an_unknown_field_is_flagged(database_url: str, tmp_path: Path) -> None:
    """Prevents a renamed field from vanishing into attributes unseen."""
    land(database_url, tmp_path, line("q", surprise=1))
    found = _find(DRIFT, database_url, "no_unknown_fields")
    assert not found.succeeded
    assert not found.expectation.blocks


def test_empty_answers_block(database_url: str, tmp_path: Path) -> None:
    """Prevents a judge from scoring silence."""
    land(database_url, tmp_path, *(line(f"q{n}", response_text=" ") for n in range(3)))
    found = _find(TEXTS, database_url, "answers_are_not_empty")
    assert (found.succeeded, found.evaluated, found.unexpected) == (False, 3, 3)


def test_an_answer_without_its_query_blocks(database_url: str, tmp_path: Path) -> None:
    """Prevents a text that no erasure would find from being scored."""
    _good(database_url, tmp_path)
    with psycopg.connect(database_url) as session:
        session.execute("delete from raw.query_log where event_id = 'q3'")
    found = _find(TEXTS, database_url, "every_answer_has_its_query")
    assert (found.succeeded, found.unexpected) == (False, 1)


def test_a_score_without_a_number_blocks(database_url: str, tmp_path: Path) -> None:
    """Prevents an evaluator that returns nothing from counting as one that scored."""
    _good(database_url, tmp_path)
    with psycopg.connect(database_url) as session:
        session.execute("update raw.evaluation_log set metrics = '{}'")
    assert not _find(EVALUATIONS, database_url, "every_score_has_a_number").succeeded


def test_a_score_that_is_a_label_does_not_block(database_url: str, tmp_path: Path) -> None:
    """Prevents one categorical score of an importer from stopping every scorer for a day."""
    land(
        database_url,
        tmp_path,
        line("e", "evaluation", status=None, target_type="query", target_id="q1", evaluator="x",
             evaluator_version="1", metrics={}, label="polite"),
    )  # fmt: skip
    assert _find(EVALUATIONS, database_url, "every_score_has_a_number").succeeded
    with psycopg.connect(database_url) as session:
        session.execute("update raw.evaluation_log set label = null")
    assert not _find(EVALUATIONS, database_url, "every_score_has_a_number").succeeded


def test_only_what_landed_since_is_looked_at(database_url: str, tmp_path: Path) -> None:
    """Prevents one bad day from blocking for ever, and a check that reads all history every hour."""
    land(database_url, tmp_path, "broken")
    later = datetime.now(UTC) + timedelta(seconds=1)
    assert failures(run_suites([LEDGER], url=database_url)) != []
    assert failures(run_suites([LEDGER], since=later, url=database_url)) == []


def test_after_quiet_hours_nothing_is_read(database_url: str, tmp_path: Path) -> None:
    """Prevents a night without a landing from making each check read all history, and block for what
    is long past."""
    land(database_url, tmp_path, *(line(f"q{n}", response_text=" ") for n in range(3)))
    later = datetime.now(UTC) + timedelta(seconds=1)
    assert failures(run_suites([TEXTS, EVALUATIONS], url=database_url)) != []
    findings = run_suites([TEXTS, EVALUATIONS], since=later, url=database_url)
    assert failures(findings) == []
    assert {found.evaluated for found in findings} == {0}


def test_results_are_counts_and_nothing_says_a_value(
    database_url: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Prevents users' texts, and the password, in a result, a log, or on the screen."""
    _good(database_url, tmp_path)
    land(database_url, tmp_path, line("long", response_text=" " * 3, query_text=SECRET), f'"{SECRET}')
    with caplog.at_level(logging.DEBUG):
        findings = run_suites(url=database_url)
    with psycopg.connect(database_url) as session:
        kept = session.execute("select check_result::text from ops.check_result").fetchall()
    screen = capfd.readouterr()
    everything = "".join([str(kept), str(findings), caplog.text, screen.out, screen.err])
    assert len(kept) == len(findings)
    assert SECRET not in everything
    assert str(psycopg.conninfo.conninfo_to_dict(database_url)["password"]) not in everything


def test_the_suites_cannot_write(database_url: str) -> None:
    """Prevents a query of a suite from changing what it looks at."""
    query = "select nextval('landing.batch_batch_id_seq') as refused_share where {since} < now()"
    writes = Suite("writes", ("landing", "batch"), query, LEDGER.expectations[:1])
    with pytest.raises(AssayError, match="writes could not be run"):
        run_suites([writes], url=database_url)
    with psycopg.connect(database_url) as session:
        assert session.execute("select is_called from landing.batch_batch_id_seq").fetchone() == (
            False,
        )


@pytest.mark.parametrize("is_good", [True, False])
def test_a_failed_check_stops_what_is_built_on_the_logs(
    loaded: Loaded,
    warehouse: psycopg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_good: bool,
) -> None:
    """Prevents scores of rows that are not fit for them, in the job that runs every hour."""
    # No models here, and learners read them.
    monkeypatch.setattr("orchestration.scoring.engine.refresh_all", admit)
    monkeypatch.setattr("orchestration.scoring.registry.LEARNERS", {})
    answer = "an answer" if is_good else " "
    lines = [line(f"q{n}", response_text=answer, query_text=SECRET) for n in range(5)]
    land(os.environ["ASSAY_DATABASE_URL"], tmp_path, *lines)
    with dg.DagsterInstance.ephemeral() as instance:
        run = loaded.defs.resolve_job_def("score").execute_in_process(
            instance=instance, raise_on_error=False
        )
        records = [str(entry) for entry in instance.all_logs(run.run_id)]
        told = instance.get_latest_materialization_event(dg.AssetKey(["raw", "evaluation_log"]))
    checks = {one.check_name: one.passed for one in run.get_asset_check_evaluations()}
    assert checks["texts_answers_are_not_empty"] is is_good
    assert run.success is is_good
    assert (told is not None) is is_good
    assert SECRET not in json.dumps(records)
    scores = warehouse.execute("select count(*), count(distinct target_id) from raw.evaluation_log")
    jobs = warehouse.execute("select job, status, rows from ops.job_run order by job_run_id").fetchall()
    landed, queries = scores.fetchall()[0]
    assert queries == (5 if is_good else 0)
    done = [("score", "succeeded", landed)] if is_good else []
    assert jobs == [("check", "succeeded", len(checks)), *done]


def test_scores_that_a_check_forbids_are_given_up(
    loaded: Loaded, warehouse: psycopg.Connection, tmp_path: Path
) -> None:
    """Prevents an hour's scores from waiting for ever, unseen, because their step was skipped."""
    lines = [line(f"q{n}", response_text=" ") for n in range(5)]
    land(os.environ["ASSAY_DATABASE_URL"], tmp_path, *lines)
    ledger.queue(warehouse, "score", "2026-03-02-10:00")
    with dg.DagsterInstance.ephemeral() as instance:
        loaded.defs.resolve_job_def("score").execute_in_process(
            instance=instance, raise_on_error=False, tags={"assay/key": "2026-03-02-10:00"}
        )
    jobs = warehouse.execute("select job, status from ops.job_run order by job_run_id").fetchall()
    assert jobs == [("score", "dead"), ("check", "succeeded")]
    assert [letter["key"] for letter in ledger.dead_letters(warehouse)] == ["2026-03-02-10:00"]
