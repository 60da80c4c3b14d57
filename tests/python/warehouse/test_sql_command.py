import csv
import io
import json
from decimal import Decimal

import pytest
from click.testing import CliRunner, Result

from orchestration.errors import AssayError
from orchestration.warehouse.commands import sql, status, up

VALUES = """
select 1.10::numeric as n, 1e-12::numeric as tiny, 9007199254740993 as big, null as nothing,
       timestamptz '2026-03-04 05:06:07.5+02' as at, 'NaN'::float8 as nan, true as yes,
       array[1.50, null] as list, '{"a": 1.00}'::jsonb as doc, '' as blank
"""


@pytest.fixture(autouse=True)
def _database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_DATABASE_URL", database_url)


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(sql, arguments, input=stdin)


def refusal(*arguments: str) -> str:
    error = run(*arguments).exception
    assert isinstance(error, AssayError)
    return str(error)


def test_json_is_exact() -> None:
    """Prevents digits lost in a float, and times whose zone depends on the session."""
    (row,) = json.loads(run("--json", VALUES).stdout, parse_float=Decimal)
    assert str(row["n"]) == "1.10"
    assert row["tiny"] == Decimal("1e-12")
    assert row["big"] == 9007199254740993
    assert row["nothing"] is None
    assert row["blank"] == ""
    assert row["at"] == "2026-03-04T03:06:07.5Z"
    assert row["nan"] == "NaN"
    assert row["yes"] is True
    assert row["list"] == [Decimal("1.50"), None]
    assert row["doc"] == {"a": Decimal("1.00")}


def test_rows_and_ranges_are_as_postgresql_writes_them() -> None:
    """Prevents Python's spelling of its own objects in what people and programs read."""
    statement = """select row(1, 'a b', null) as r, int4range(1, 5) as i, numrange(0.5, null) as n,
        tstzrange('2026-03-01Z', null) as t, array[daterange('2026-03-01', '2026-03-03')] as days,
        '{[1,3),[5,6)}'::int8multirange as m, array[row(1, true)] as rows"""
    (found,) = json.loads(run("--json", statement).stdout)
    assert found == {
        "r": '(1,"a b",)', "i": "[1,5)", "n": "[0.5,)", "t": '["2026-03-01 00:00:00+00",)',
        "days": ["[2026-03-01,2026-03-03)"], "m": "{[1,3),[5,6)}", "rows": ["(1,t)"],
    }  # fmt: skip


def test_csv_is_exact() -> None:
    """Prevents exponents, rounded numbers and Python's spelling of values."""
    header, row = csv.reader(io.StringIO(run("--csv", VALUES).stdout))
    values = dict(zip(header, row, strict=True))
    assert values["tiny"] == "0.000000000001"
    assert values["nothing"] == ""
    assert values["yes"] == "true"
    assert values["at"] == "2026-03-04T03:06:07.5Z"


@pytest.mark.parametrize(
    "start",
    [
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        " =",
        "\u200b=",
        "\ufeff+",
        "\u00a0@",
        *"\uff1d\uff0b\uff0d\uff20",
    ],
)
def test_csv_disarms_formulas(start: str) -> None:
    """Prevents a logged text from running as a formula in somebody's spreadsheet."""
    text = "||".join(f"chr({ord(one)})" for one in start)
    statement = f"select {text} || '1+1' as text, -1 as number, interval '-1 day' as i"
    _, row = csv.reader(io.StringIO(run("--csv", statement).stdout, newline=""))
    assert row == [f"'{start}1+1", "-1", "-1 days"]


@pytest.mark.parametrize("sign", [";", "\t", "\n", "; "])
def test_csv_disarms_formulas_for_who_parts_cells_by_another_sign(sign: str) -> None:
    """Prevents a semicolon in a name from beginning a cell of its own, with a formula in it."""
    text = "||".join(f"chr({ord(one)})" for one in sign)
    _, row = csv.reader(io.StringIO(run("--csv", f"select 'x' || {text} || '=1+1; fine' as a").stdout,
                                    newline=""))  # fmt: skip
    armed = [f"x;'{sign[1:]}=1+1; fine"] if sign.startswith(";") else [f"x{sign}'=1+1; fine"]
    assert row == armed


def test_table_shows_null_and_disarms_the_terminal() -> None:
    """Prevents escape sequences and markup in logged texts from reaching the terminal."""
    output = run("select null as a, '[red]' || chr(27) || '[2J' as b").stdout
    assert "null" in output
    assert "[red]\\x1b[2J" in output
    assert "\x1b[2J" not in output


def test_csv_tells_null_from_empty() -> None:
    """Prevents an empty text from becoming null where the file is loaded again."""
    assert run("--csv", "select null as a, '' as b, 'x,\"' as c").stdout == 'a,b,c\n,"","x,"""\n'


@pytest.mark.parametrize(("flag", "expected"), [("--csv", "x\n"), ("--json", "[]\n")])
def test_no_rows(flag: str, expected: str) -> None:
    """Prevents an empty result from losing its header or its brackets."""
    assert run(flag, "select 1 as x where false").stdout == expected


def test_reads_standard_input() -> None:
    """Prevents `-` from being taken for a statement."""
    assert run("--csv", "-", stdin="show timezone").stdout == "TimeZone\nUTC\n"


def test_changes_nothing_without_write() -> None:
    """Prevents a look at the data from changing it."""
    create = "create table ops.probe (x int)"
    assert "Only --write changes data" in refusal(create)
    assert run("--write", create).exit_code == 0
    assert run("--write", "insert into ops.probe values (1) returning x", "--csv").stdout == "x\n1\n"
    assert "one statement at a time" in refusal("commit; delete from ops.probe")
    assert run("--csv", "select count(*) as n from ops.probe").stdout == "n\n1\n"


def test_errors_say_where() -> None:
    """Prevents a traceback, and an error without its place in a long statement."""
    assert refusal("select\n  nope").startswith(
        'PostgreSQL says: column "nope" does not exist (line 2, column 3).'
    )


def test_csv_ends_quickly_when_nobody_reads_on() -> None:
    """Prevents `assay sql ... | head` from hanging on the query's own lock."""
    from orchestration.warehouse import query

    with query.answer(
        "select 1 from generate_series(1, 9999) a, generate_series(1, 99999) b"
    ) as answer:
        assert next(answer.rows) == ("1",)


def test_the_error_of_a_late_row_is_a_sentence() -> None:
    """Prevents a truncated CSV from passing for a whole one."""
    assert "division by zero" in refusal(
        "--csv", "select 1 / (5000 - i) from generate_series(1, 9999) i"
    )


def test_up_and_status_with_the_users_own_database(database_url: str) -> None:
    """Prevents `up` from starting the embedded server, or showing a password."""
    for command in (up, status):
        result = CliRunner().invoke(command, ["--json"])
        assert result.exit_code == 0
        facts = json.loads(result.stdout)
        assert facts["embedded"] is False
        assert database_url.split(":")[2].split("@")[0] not in result.output
