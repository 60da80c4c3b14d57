"""`assay gaps decide` says that a decision was landed where it was, and else why not."""

import psycopg
import pytest
from click.testing import CliRunner

from orchestration.cli import assay
from orchestration.refresh import engine

Row = tuple[str, str, str, str | None]


@pytest.fixture
def url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    monkeypatch.setattr(engine, "refresh_all", lambda _session: None)
    with psycopg.connect(database_url) as session:
        session.execute(
            """insert into ops.question_cluster (cluster_id, kind, workspace, first_asked_at)
               values ('gap-1', 'gap', 'w', now())"""
        )
    return database_url


def decided(url: str) -> list[Row]:
    with psycopg.connect(url) as session:
        return session.execute(
            "select workspace, object_id, decision, related_id from raw.decision_log"
        ).fetchall()


def test_a_decision_lands(url: str) -> None:
    told = ["gaps", "decide", "gap-1", "publish", "--document", "d-1", "--actor", "ann"]
    done = CliRunner().invoke(assay, told)
    assert (done.exit_code, done.output) == (0, "gap-1: publish.\n")
    assert decided(url) == [("w", "gap-1", "publish", "d-1")]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (["publish"], "Say which article was published"),
        (["publish", "--document", ""], "--document is empty"),
        (["acknowledge", "--actor", " "], "--actor is empty"),
        (["acknowledge", "--actor", "a\x00"], "The decision is refused: NUL_BYTE"),
    ],
)
def test_what_does_not_land_is_no_decision(url: str, told: list[str], says: str) -> None:
    """Prevents an article that nobody measures, and a status of 0 for what went to quarantine."""
    done = CliRunner().invoke(assay, ["gaps", "decide", "gap-1", *told])
    assert done.exit_code == 1
    assert says in str(done.exception)
    assert decided(url) == []
    with psycopg.connect(url) as session:
        assert session.execute("select count(*) from landing.quarantine").fetchone() == (0,)
