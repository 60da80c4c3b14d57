"""dbt outlives a run worker that is killed. What it was about to publish stays unpublished."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from orchestration.jobs import ledger
from orchestration.warehouse.build import dbt_session
from orchestration.warehouse.connection import connect

PUBLISH = "select ops.lock_refresh()"
VIEW = "select ops.register_view('analytics', 'marts', 'x')"


@pytest.fixture
def session(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def _dbt_publishes(url: str, job_run: int, statement: str) -> None:
    """As dbt does: a session of libpq in the environment that dbt gets."""
    with dbt_session(url, job_run), psycopg.connect(url) as dbts:
        dbts.execute(statement.encode())


@pytest.mark.parametrize("statement", [PUBLISH, VIEW])
def test_dbt_publishes_only_while_its_run_lives(
    session: psycopg.Connection, database_url: str, statement: str
) -> None:
    """Prevents an orphaned dbt from publishing beside the build that replaced it (acceptance 23)."""
    ledger.queue(session, "build", "k")
    with ledger.attempt("build", "k") as mine:
        assert mine is not None
        _dbt_publishes(database_url, mine.job_run_id, statement)
        session.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'assay job' and datname = current_database()"
        )
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="has ended"):
            _dbt_publishes(database_url, mine.job_run_id, statement)


def test_dbt_of_an_ended_run_publishes_nothing(session: psycopg.Connection, database_url: str) -> None:
    """Prevents a dbt that hung from waking up a day later."""
    ledger.queue(session, "build", "k")
    done = ledger.run("build", "k", lambda _: 1)
    assert done is not None
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="has ended"):
        _dbt_publishes(database_url, done.job_run_id, PUBLISH)


def test_dbt_of_a_run_that_was_given_up_publishes_nothing(
    session: psycopg.Connection, database_url: str
) -> None:
    """Prevents a run that hangs, and that was given up, from publishing when it goes on."""
    ledger.queue(session, "build", "k")
    with ledger.attempt("build", "k", "hangs") as mine:
        assert mine is not None
        ledger.give_up(session, "hangs")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="has ended"):
            _dbt_publishes(database_url, mine.job_run_id, PUBLISH)
    assert session.execute("select status from ops.job_run").fetchall() == [("dead",)]


def test_a_build_by_hand_needs_no_job(session: psycopg.Connection, database_url: str) -> None:
    """Prevents `assay build` and plain dbt from being locked out."""
    assert session
    with dbt_session(database_url), psycopg.connect(database_url) as dbts:
        dbts.execute(PUBLISH.encode())


def test_dbt_itself_hears_of_it(
    session: psycopg.Connection,
    tmp_path: Path,
    read_already: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Prevents a fence that psycopg sees and dbt's own connections do not."""
    from orchestration.warehouse.build import run_build

    read_already(tmp_path)
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    ledger.queue(session, "build", "k")
    done = ledger.run("build", "k", lambda _: 1)
    assert done is not None
    (failed,) = run_build(select=["stg_native__batches"], job_run=done.job_run_id).failed[:1]
    assert "has ended" in failed
    with connect(autocommit=True) as reader:
        assert reader.execute("select to_regclass('staging.stg_native__batches')").fetchone() == (None,)
