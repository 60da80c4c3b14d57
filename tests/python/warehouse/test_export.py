"""`assay export`: what a mart holds, and nothing that a spreadsheet would run."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from orchestration.cli import assay
from orchestration.errors import AssayError

ROWS = [
    ("a", dt.date(2026, 3, 1), 7, Decimal("0.000000001"), 0.1, None, "=1+1"),
    ("a", None, -7, Decimal("-9007199254740993.000000001"), None, True, "\u200b@x, \"y\"\r\n"),
    ("b", dt.date(2024, 2, 29), None, None, 1e300, False, ""),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _marts(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)
    with closing(psycopg.connect(database_url, autocommit=True)) as session:
        session.execute(
            """create schema marts;
            create table marts.money (workspace text, day date, calls bigint, cost_usd numeric(38, 9),
                rate double precision, is_complete boolean, label text);
            create table marts.small (n integer)"""
        )
        with session.cursor() as cursor:
            cursor.executemany("insert into marts.money values (%s, %s, %s, %s, %s, %s, %s)", ROWS)
        yield


def run(*arguments: str) -> Result:
    return CliRunner().invoke(assay, ["export", *arguments])


def test_csv_holds_every_cell_and_no_formula() -> None:
    text = run("money").stdout_bytes.decode()
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == ["workspace", "day", "calls", "cost_usd", "rate", "is_complete", "label"]
    assert rows[0] == ["a", "2026-03-01", "7", "0.000000001", "0.1", "", "'=1+1"]
    assert rows[1][3] == "-9007199254740993.000000001"
    assert rows[1][6] == '\'\u200b@x, "y"\r\n'
    assert len(rows) == 3


def test_json_keeps_every_digit() -> None:
    rows = json.loads(run("money", "--format", "json").stdout, parse_float=Decimal)
    assert [row["cost_usd"] for row in rows] == [row[3] for row in ROWS]


def test_parquet_is_the_mart(tmp_path: Path) -> None:
    out = tmp_path / "money.parquet"
    assert run("money", "--format", "parquet", "--out", str(out)).exit_code == 0
    table = pq.read_table(out)
    assert [tuple(row.values()) for row in table.to_pylist()] == ROWS
    assert str(table.schema.field("cost_usd").type) == "decimal128(38, 9)"


def test_only_one_workspace() -> None:
    rows = json.loads(run("money", "--format", "json", "--workspace", "b' or true --").stdout)
    assert rows == []
    rows = json.loads(run("money", "--format", "json", "--workspace", "b").stdout)
    assert [row["workspace"] for row in rows] == ["b"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["mony"], "did you mean money?"),
        (["pg_class; drop table marts.money"], "There is no mart"),
        (["small", "--workspace", "a"], "has no column workspace"),
        (["money", "--format", "parquet"], "say where with --out"),
    ],
)
def test_mistakes_are_sentences(arguments: list[str], says: str) -> None:
    found = run(*arguments).exception
    assert isinstance(found, AssayError)
    assert says in str(found)


def test_a_file_that_could_not_be_finished_is_not_there(tmp_path: Path, database_url: str) -> None:
    with closing(psycopg.connect(database_url, autocommit=True)) as session:
        session.execute("create view marts.broken as select 1 / (calls - calls) as n from marts.money")
    for form in ("csv", "parquet"):
        with pytest.raises((AssayError, psycopg.Error)):
            raise run("broken", "--format", form, "--out", str(tmp_path / "x")).exception or OSError
    assert list(tmp_path.iterdir()) == []


def test_the_list_of_marts() -> None:
    assert run("--list").stdout.split() == ["money", "small"]
