"""A map says what the columns of a table mean; what it cannot mean is said to people, or refused."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice, parse
from orchestration.landing.reader import read_file
from orchestration.settings import PROJECT_DIR
from orchestration.sources.commands import import_
from orchestration.sources.map_rows import Row
from orchestration.sources.mapping import MapError, Mapping, read_map
from orchestration.sources.tables import Table

MAP = """
source: shop
fields: {event_id: id, ts: {column: at, zone: UTC}}
lines:
  - kind: cost
    constants: {model: m}
    fields:
      input_tokens: {column: prompt, minus: [cached]}
      cache_read_tokens: cached
      reported_cost: {column: usd, unit: cents}
"""
HEADER = "id,at,prompt,cached,usd"


def mapped(
    folder: Path, text: str | bytes, said: str = MAP, name: str = "t.csv"
) -> list[dict[str, Any]]:
    (folder / "map.yml").write_text(said)
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    source = Table(read_map(folder / "map.yml")).source()
    lines = []
    for item in read_file(path, Limits(), source):
        assert isinstance(item, Slice)
        lines += [json.loads(line) for line in item.lines]
    return lines


def refused(folder: Path, text: bytes, said: str = MAP) -> list[str]:
    (folder / "map.yml").write_text(said)
    (folder / "t.csv").write_bytes(text)
    source = Table(read_map(folder / "map.yml")).source()
    reasons = []
    for item in read_file(folder / "t.csv", Limits(), source):
        if isinstance(item, Slice):
            reasons += [verdict.reason.value for _, verdict in parse(item, Limits()).refused]
        else:
            reasons.append(item.reason.value)
    return reasons


def test_counts_that_hold_others_become_disjoint_and_units_ours(tmp_path: Path) -> None:
    (line,) = mapped(tmp_path, f"{HEADER}\n7,2026-03-01 10:00:00.1234567,100,40,12.5\n")
    assert line == {
        "kind": "cost", "source": "shop", "model": "m", "event_id": "7",
        "ts": "2026-03-01T10:00:00.123456+00:00",
        "input_tokens": 60, "cache_read_tokens": 40, "reported_cost": 0.125,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "cell", "expected"),
    [
        ("latency_ms: {column: x, unit: s}", "1.25", 1250),
        ("latency_ms: {column: x, unit: us}", "1", 0.001),
        ("latency_ms: x", "1.50", 1.5),
        ("latency_ms: x", "+.5", 0.5),
        ("latency_ms: x", "1,5", "1,5"),
        ("complexity: {column: x, unit: percent}", "7", 0.07),
        ("turn: x", "12.0", 12),
        ("turn: x", "12.5", 12.5),
        ("turn: x", "007", 7),
        ("turn: x", "1_000", "1_000"),
        ("refused: x", "Yes", True),
        ("refused: x", "0", False),
        ("refused: x", "maybe", "maybe"),
        ("model: {column: x, values: {A: large}}", "A", "large"),
        ("model: {column: x, values: {A: large}}", "B", "B"),
        ("attributes.team: x", "007", "007"),
        ("status: {column: x, values: {200: ok, true: ok}}", "200", "ok"),
        ("status: {column: x, values: {200: ok, true: ok}}", "true", "ok"),
        ("model: x", "=1+1", "=1+1"),
    ],
)
def test_what_a_cell_says(tmp_path: Path, field: str, cell: str, expected: Any) -> None:
    said = f"""
source: s
constants: {{event_id: e, ts: '2026-03-01T10:00:00Z', status: ok}}
lines: [{{kind: query, fields: {{{field}}}}}]
"""
    (line,) = mapped(tmp_path, f'x\n"{cell}"\n', said)
    *path, name = field.partition(":")[0].split(".")
    for one in path:
        line = line[one]
    assert line[name] == expected
    assert type(line[name]) is type(expected)


@pytest.mark.parametrize(
    ("field", "cell", "expected"),
    [
        ("{column: x, zone: Europe/Paris}", "2026-03-01 10:00", "2026-03-01T10:00:00+01:00"),
        ("{column: x, zone: Europe/Paris}", "2026-03-29 02:30", "2026-03-29T02:30:00"),  # never was
        ("{column: x, zone: UTC}", "2026-03-01T10:00:00-05:00", "2026-03-01T10:00:00-05:00"),
        ("x", "2026-03-01 10:00", "2026-03-01T10:00:00"),
        ("{column: x, zone: UTC, format: '%d.%m.%Y'}", "01.03.2026", "2026-03-01T00:00:00+00:00"),
        ("{column: x, unit: s}", "1772359200.25", "2026-03-01T10:00:00.250000+00:00"),
        ("{column: x, unit: s, since: '2026-01-01T00:00:00Z'}", "9", "2026-01-01T00:00:09+00:00"),
        ("{column: x, unit: s}", "9e99", "9e99"),
        ("{column: x, zone: UTC}", "yesterday", "yesterday"),
    ],
)  # fmt: skip
def test_when_it_was(tmp_path: Path, field: str, cell: str, expected: str) -> None:
    """A local time without its zone moves every hour of a day, and nobody sees it."""
    line = f"{{kind: query, constants: {{event_id: e, status: ok}}, fields: {{ts: {field}}}}}"
    said = f"source: s\nlines: [{line}]"
    assert mapped(tmp_path, f"x\n{cell}\n", said)[0]["ts"] == expected


@pytest.mark.parametrize("written", ["true", "True", "TRUE"])
def test_a_truth_of_a_map_is_one_however_a_table_spells_it(tmp_path: Path, written: str) -> None:
    """Rows that were to be skipped landed, as a table of pandas says `True` where YAML said `true`."""
    said = """
source: s
fields: {event_id: n, ts: {column: day, zone: UTC}}
skip: [{column: is_test, values: [true]}]
lines: [{kind: query, fields: {status: {column: ok, values: {true: ok, false: error}}}}]
"""
    rows = f"1,2026-03-01,False,{written}\n2,2026-03-01,False,FALSE\n3,2026-03-01,{written},true\n"
    lines = mapped(tmp_path, f"n,day,is_test,ok\n{rows}", said)
    assert [(line["event_id"], line["status"]) for line in lines] == [("1", "ok"), ("2", "error")]


@pytest.mark.parametrize("words", ["[true, 1]", "[1, true]", '["true", "1"]'])
def test_a_truth_and_a_number_of_a_map_are_two_words(tmp_path: Path, words: str) -> None:
    said = f"""
source: s
format: json
fields: {{event_id: n, ts: {{column: day, zone: UTC}}}}
skip: [{{column: is_test, values: {words}}}]
lines: [{{kind: query, constants: {{status: ok}}}}]
"""
    rows = [{"n": str(at), "day": "2026-03-01", "is_test": one} for at, one in enumerate([True, 1, 0])]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    assert [line["event_id"] for line in mapped(tmp_path, text, said, "t.jsonl")] == ["2"]


@pytest.mark.parametrize(
    ("prompt", "cached", "usd", "expected"),
    [
        ("1.234", "34", "1,5", (1200, 34, 0.015)),
        ("1.234.567", "1.234.566", "1.000,25", (1, 1234566, 10.0025)),
        ("12,0", "2", "1.5", (10, 2, 0.015)),
        ("1,500", "0", "1,500", (1.5, 0, 0.015)),
        ("1", "0", "0.125", (1, 0, 0.00125)),
    ],
)
def test_a_comma_stands_before_decimals_where_the_map_says_so(
    tmp_path: Path, prompt: str, cached: str, usd: str, expected: tuple[float, ...]
) -> None:
    said = MAP + 'delimiter: ";"\ndecimal: ","\n'
    row = f"1;2026-03-01;{prompt};{cached};{usd}"
    (line,) = mapped(tmp_path, f"{HEADER.replace(',', ';')}\n{row}\n", said)
    assert (line["input_tokens"], line["cache_read_tokens"], line["reported_cost"]) == expected


def test_columns_that_nobody_reads_may_be_called_the_same(tmp_path: Path) -> None:
    """A spreadsheet that was saved has nameless columns at its end."""
    (line,) = mapped(tmp_path, f"{HEADER},,,note,note\n1,2026-03-01,5,0,1,,,a,b\n")
    assert line["input_tokens"] == 5


def test_rows_are_skipped_by_rule_and_lines_by_their_own(tmp_path: Path) -> None:
    said = """
source: s
fields: {event_id: {columns: [day, n]}, ts: {column: day, zone: UTC}}
skip: [{column: env, values: [test]}]
lines:
  - {kind: query, constants: {status: ok}}
  - kind: feedback
    constants: {type: stars}
    fields: {value: rating}
    skip: [{column: rating, empty: true}]
"""
    text = "day,n,env,rating\n2026-03-01,1,prod,5\n2026-03-01,2,prod,\n2026-03-01,3,test,1\n"
    lines = mapped(tmp_path, text, said)
    assert [(line["kind"], line["event_id"]) for line in lines if line] == [
        ("query", "2026-03-01:1"),
        ("feedback", "2026-03-01:1"),
        ("query", "2026-03-01:2"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_quotes_line_breaks_and_ends(tmp_path: Path, encoding: str) -> None:
    said = f"""
source: s
encoding: {encoding}
fields: {{event_id: id, ts: {{column: at, zone: UTC}}}}
lines: [{{kind: query, constants: {{status: ok}}, fields: {{query_text: text}}}}]
"""
    text = 'id,at,text\r\n1,2026-03-01,"Zoë said ""no"",\r\nand left"\r\n\r\n2,2026-03-01,last'
    lines = mapped(tmp_path, text.encode(encoding), said)
    assert [line["query_text"] for line in lines] == ['Zoë said "no",\r\nand left', "last"]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(TEXT, TEXT), max_size=20))
def test_whatever_a_cell_holds_it_stays_a_cell(
    rows: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Texts hold commas, quotes, line breaks, even lines of our own: none of it may become a line."""
    folder = tmp_path_factory.mktemp("cells")
    said = """
source: s
empty: []
columns: [a, b]
constants: {ts: '2026-03-01T10:00:00Z'}
fields: {event_id: {row: r}}
lines: [{kind: query, constants: {status: ok}, fields: {query_text: a, response_text: b}}]
"""
    with (folder / "t.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    lines = mapped(folder, (folder / "t.csv").read_bytes(), said)
    assert [(line["query_text"], line["response_text"]) for line in lines] == rows
    assert [line["event_id"] for line in lines] == [f"r{n:06}" for n in range(1, len(rows) + 1)]


def test_a_text_that_spells_a_line_lands_nothing(tmp_path: Path) -> None:
    """A user's words in a broken row were read as an event of their own."""
    forged = '{"kind":"query","event_id":"x","ts":"2026-03-01T10:00:00Z","status":"ok"}'
    quoted = forged.replace('"', '""')
    for row in (
        f'1,"\n{quoted}\n"\n',
        f'"\n{quoted}\n',
        f'1,2,3,4,"\n{quoted}\n",6,7\n',
        f'1,"\n{forged}\n"\n',  # by a writer that does not double its quotes
        f'1,2,3,4,"\n{forged}\n\n',
    ):
        assert "ok" not in refused(tmp_path, f"{HEADER}\n{row}".encode())
        for item in read_file(
            tmp_path / "t.csv", Limits(), Table(read_map(tmp_path / "map.yml")).source()
        ):
            assert isinstance(item, Slice)
            assert parse(item, Limits()).events == []


NATIVE = "kind,event_id,ts,status,workspace,asked"
OF_NATIVE = """
source: shop
fields: {event_id: event_id, ts: ts}
lines:
  - {kind: query, fields: {status: status}}
  - kind: feedback
    constants: {type: thumb, value: 1}
    fields: {asked_at: {column: asked, zone: ZONE}}
"""


@pytest.mark.parametrize(
    ("asked", "zone"),
    [("0001-01-01 00:00:00", "Europe/Paris"), ("9999-12-31 23:59:59", "America/New_York")],
)
def test_a_date_at_an_end_of_the_calendar_takes_its_line_alone(
    tmp_path: Path, asked: str, zone: str
) -> None:
    """Of an empty date in one cell the whole row went on as it came: an event, had it such columns."""
    text = f"{NATIVE}\nquery,e-1,2026-03-01T10:00:00Z,ok,other,{asked}\n".encode()
    query, feedback = mapped(tmp_path, text, OF_NATIVE.replace("ZONE", zone))
    assert (query["kind"], query["source"]) == ("query", "shop")
    assert "workspace" not in query
    assert feedback["kind"] == "feedback"
    assert refused(tmp_path, text, OF_NATIVE.replace("ZONE", zone)) == ["TIME_WINDOW"]


def test_a_row_that_no_map_can_read_is_no_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a cell makes of our own code: a row is not read as a line."""

    def fails(_: Mapping, row: Row) -> None:
        raise ZeroDivisionError(row.number)

    monkeypatch.setattr(Mapping, "lines", fails)
    text = f"{NATIVE}\nquery,e-1,2026-03-01T10:00:00Z,ok,other,\n".encode()
    assert refused(tmp_path, text, OF_NATIVE.replace("ZONE", "UTC")) == ["BAD_TYPE"]


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        (b"1,2026-03-01,1,0,1", []),
        (b"1,2026-03-01,1,0", ["TRUNCATED_TAIL"]),
        (b'1,2026-03-01,1,0,"1', ["TRUNCATED_TAIL"]),
        (b"1,2026-03-01,1,0\n", ["BAD_TYPE"]),
        (b'1,"2026"-03-01,1,0,1\n', ["BAD_TYPE"]),
        (b"1,2026-03-01,1,0,1,2\n", ["BAD_TYPE"]),
        (b"\xff,2026-03-01,1,0,1\n", ["BAD_UTF8"]),
        (b"\0,2026-03-01,1,0,1\n", ["NUL_BYTE"]),
        (b"1,2026-03-01,NaN,0,1\n", ["NOT_FINITE"]),
        (b"1,2026-03-01,1e999,0,1\n", ["BAD_TYPE"]),
        (b"1,2026-03-01,9999999999999,0,1\n", ["RANGE"]),
        (b"1,2026-03-01,1,2,1\n", ["RANGE"]),
        (b"1,2026-03-01,1.5,0,1\n", ["BAD_TYPE"]),
        (b"1,2026-03-01,many,0,1\n", ["BAD_TYPE"]),
        (b"1,1970-01-01,1,0,1\n", ["TIME_WINDOW"]),
        (b"1,1772359200,1,0,1\n", ["BAD_VALUE"]),
        (b",2026-03-01,1,0,1\n", ["MISSING_FIELD"]),
        (b"1,2026-03-01,1,0," + b"x" * (2 << 20) + b"\n", ["TOO_LARGE"]),
        (b"1,2026-03-01,1,0," + b"x" * (20 << 20) + b"\n", ["TOO_LARGE"]),
        (b"n" * 9000 + b",2026-03-01,1,0,1\n", []),
        (b"'; drop table raw.cost_log --,2026-03-01,1,0,1\n", []),
    ],
)
def test_bad_rows_are_refused_and_their_neighbours_are_not(
    tmp_path: Path, row: bytes, reasons: list[str]
) -> None:
    good = b"a,2026-03-01,1,0,1\n"
    behind = b"z,2026-03-01,1,0,1\n" if row.endswith(b"\n") else b""
    text = HEADER.encode() + b"\n" + good + row
    assert refused(tmp_path, text + behind) == reasons
    landed = sum(
        len(parse(item, Limits()).events)
        for item in read_file(
            tmp_path / "t.csv", Limits(), Table(read_map(tmp_path / "map.yml")).source()
        )
        if isinstance(item, Slice)
    )
    assert landed == 1 + (not reasons) + bool(behind)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("source: s\nlines: [", "is not YAML"),
        ("source: s\nsource: t\nlines: []", "'source' stands there twice"),
        ("source: s\nlines: []", "lines: name at least one"),
        ("source: s\nlinse: []\nlines: []", "there is no key `linse`; must be one of `source`"),
        (
            "source: s\nlines: [{kind: sonnet}]",
            "lines[0].kind: 'sonnet' is no kind; must be one of `query`",
        ),
        ("source: s\nlines: [{kind: query}]", "says nothing of `status`, `event_id`, `ts`"),
        (MAP.replace("cache_read_tokens", "cache_raed_tokens"), "near it is `cache_read_tokens`"),
        (MAP.replace("zone: UTC", "zone: Mars"), "zone: is no zone"),
        (
            MAP.replace("zone: UTC", "since: '2026-01-01T00:00:00Z'"),
            "needs a unit; must be one of `s`, `ms`",
        ),
        (MAP.replace("unit: cents", "unit: dollars"), "must be one of `cents`, `micros`, `nanos`"),
        (MAP.replace("unit: cents", "unti: cents"), "there is no key `unti`; must be one of `column`"),
        (MAP.replace("model: m", "model: m, reported_cost: 1"), "is both a constant and a field"),
        (MAP + "delimiter: ''\n", "delimiter: must be one character"),
        (MAP + "encoding: klingon\n", "encoding: is no encoding"),
    ],
)
def test_what_is_wrong_with_a_map_is_said(tmp_path: Path, said: str, complaint: str) -> None:
    (tmp_path / "map.yml").write_text(said)
    with pytest.raises(MapError) as error:
        read_map(tmp_path / "map.yml")
    assert complaint in str(error.value)
    assert str(tmp_path / "map.yml") in str(error.value)


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ("id,at,prompt,cached", "reads `usd`, and the header has no such column"),
        ("id,id,at,prompt,cached,usd", "`id` more than once"),
    ],
)
def test_a_header_that_the_map_does_not_fit_is_said(
    tmp_path: Path, header: str, complaint: str
) -> None:
    with pytest.raises(MapError, match=complaint):
        mapped(tmp_path, f"{header}\n")


def test_dry_run_says_places_and_never_values(tmp_path: Path) -> None:
    (tmp_path / "map.yml").write_text(MAP)
    rows = ['1,2026-03-01,1,0,"1"', '2,"20\n26",1,0,1', "1,2026-03-01,1,0,1", "1,2026-03-01,5,0,1"]
    secret = "geheim,2026-03-01,geheim,0,1"
    (tmp_path / "t.csv").write_text(
        "\n".join([HEADER + ",note", *(f"{row},n" for row in [*rows, secret])])
    )
    arguments = [str(tmp_path / "t.csv"), "--map", str(tmp_path / "map.yml"), "--dry-run"]
    plain = CliRunner().invoke(import_, arguments, catch_exceptions=False).output
    assert "geheim" not in plain
    assert "no field takes: note" in plain
    (report,) = json.loads(CliRunner().invoke(import_, [*arguments, "--json"]).output)["files"]
    assert report["would_land"] == {"cost": 1}
    assert (report["duplicates_within"], report["conflicts_within"]) == (1, 1)
    assert [(one["reason"], one["path"], one["first_at"]) for one in report["would_be_refused"]] == [
        ("BAD_TYPE", "$.input_tokens", [7]),
        ("BAD_VALUE", "$.ts", [3]),
    ]


@pytest.mark.parametrize("example", ["azure_llm_2023", "mooncake"])
def test_the_example_maps_take_every_row(example: str) -> None:
    folder = PROJECT_DIR / "examples" / example
    (sample,) = [path for path in folder.iterdir() if path.stem == "sample"]
    arguments = [str(sample), "--map", str(folder / "map.yml"), "--dry-run", "--json"]
    (report,) = json.loads(CliRunner().invoke(import_, arguments, catch_exceptions=False).output)[
        "files"
    ]
    assert report["would_land"] == {"cost": 500, "query": 500}
    assert report["would_be_refused"] == report["unmapped_columns"] == []
