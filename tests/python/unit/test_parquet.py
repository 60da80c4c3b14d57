"""A row of Parquet is the line that its producer would have written, with the same rules for it."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.landing import packed
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice, parse
from orchestration.landing.reader import read_file
from orchestration.landing.reasons import Reason
from orchestration.landing.slices import Unreadable

QUERY = {"kind": "query", "event_id": "q", "ts": "2026-03-02T09:15:04Z", "status": "ok"}


def written(path: Path, table: pa.Table, **how: Any) -> Path:
    pq.write_table(table, path, **how)
    return path


def lines_of(path: Path) -> list[bytes]:
    found: list[bytes] = []
    for item in read_file(path, Limits()):
        assert isinstance(item, Slice)
        assert item.first_line == len(found) + 1
        found += item.lines[: len(item.lines) - item.lines[-1:].count(b"")]
    return found


def refused(path: Path) -> list[Reason]:
    (item,) = read_file(path, Limits())
    assert isinstance(item, Slice)
    return [verdict.reason for _, verdict in parse(item, Limits()).refused]


def kept_whole(path: Path) -> Reason:
    *_, item = read_file(path, Limits())
    assert isinstance(item, Unreadable)
    assert b"".join(item.parts()) == path.read_bytes()
    return item.reason


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ROW = st.fixed_dictionaries(
    {
        "text": st.none() | TEXT,
        "number": st.none() | st.integers(-(2**63), 2**63 - 1),
        "share": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "documents": st.none()
        | st.lists(
            st.fixed_dictionaries({"id": st.none() | TEXT, "rank": st.none() | st.integers(0, 9)})
        ),
    }
)
SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("number", pa.int64()),
        ("share", pa.float64()),
        ("documents", pa.list_(pa.struct([("id", pa.string()), ("rank", pa.int32())]))),
    ]
)


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(ROW, max_size=40), group=st.integers(1, 10), dictionary=st.booleans())
def test_rows_are_lines_in_their_order(
    rows: list[dict[str, Any]], group: int, dictionary: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    table = pa.Table.from_pylist(rows, SCHEMA)
    written(path, table, row_group_size=group, use_dictionary=dictionary)
    assert [json.loads(line) for line in lines_of(path)] == without_nulls(rows)


_UUID = UUID("727d5c4c-5bda-4047-b168-d7fd7bb15a41")
_MAP, _LIST = pa.map_(pa.string(), pa.string()), pa.list_(pa.string())


def _uuids() -> pa.Array:
    return pa.ExtensionArray.from_storage(pa.uuid(), pa.array([_UUID.bytes], pa.binary(16)))


def test_what_types_say(tmp_path: Path) -> None:
    at = dt.datetime(2026, 3, 2, 9, 15, 4, 123456, dt.UTC)
    columns = {
        "at_ns": pa.array([at], pa.timestamp("ns", "UTC")),
        "zone": pa.array([at], pa.timestamp("ms", "Europe/Paris")),
        "naive": pa.array([at.replace(tzinfo=None)], pa.timestamp("us")),
        "exact": pa.array([Decimal("0.000000123456789012")], pa.decimal128(38, 18)),
        "long": pa.array([Decimal("1234567890.000000000123456789")], pa.decimal128(38, 18)),
        "short": pa.array([Decimal("12.50")], pa.decimal128(10, 2)),
        "whole": pa.array([Decimal("7")], pa.decimal128(20, 0)),
        "uuid": _uuids(),
        "uuids": pa.ListArray.from_arrays([0, 1], _uuids()),
        "none": pa.array([[]], pa.map_(pa.string(), pa.string())),
        "inner": pa.array([[{"none": []}]], pa.list_(pa.struct([("none", _MAP), ("list", _LIST)]))),
        "name": pa.array(["gpt"]).dictionary_encode(),
        "tags": pa.array([[("a", "1"), ("b", "2")]], pa.map_(pa.string(), pa.string())),
        "twice": pa.array([[("a", "1"), ("a", "2")]], pa.map_(pa.string(), pa.string())),
    }
    (line,) = lines_of(written(tmp_path / "types.parquet", pa.table(columns)))
    assert json.loads(line) == {
        "at_ns": "2026-03-02T09:15:04.123456+00:00",
        "zone": "2026-03-02T10:15:04.123000+01:00",
        "naive": "2026-03-02T09:15:04.123456",
        "exact": 1.23456789012e-07,
        "long": "1234567890.000000000123456789",
        "short": 12.5,
        "whole": 7,
        "uuid": str(_UUID),
        "uuids": [str(_UUID)],
        "none": {},
        "inner": [{"none": {}}],
        "name": "gpt",
        "tags": {"a": "1", "b": "2"},
        "twice": [["a", "1"], ["a", "2"]],
    }


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("ts", pa.array([dt.date(2026, 3, 2)]).cast(pa.timestamp("us")), Reason.NO_TZ),
        ("latency_ms", pa.array([float("nan")]), Reason.NOT_FINITE),
        ("model", pa.array([b"\xff"], pa.binary()), Reason.BAD_UTF8),
        ("model", pa.array(["nul\0"]), Reason.NUL_BYTE),
        ("kind", pa.array(["no such"]), Reason.UNKNOWN_KIND),
        (
            "attributes",
            pa.array([[("a", "1"), ("a", "2")]], pa.map_(pa.string(), pa.string())),
            Reason.BAD_TYPE,
        ),
    ],
)
def test_rules_of_a_line_hold(tmp_path: Path, column: str, values: pa.Array, reason: Reason) -> None:
    table = pa.table({name: pa.array([value]) for name, value in QUERY.items()} | {column: values})
    assert refused(written(tmp_path / "bad.parquet", table)) == [reason]


def test_text_that_is_not_utf8_is_one_refused_row(tmp_path: Path) -> None:
    """Prevents one bad byte from condemning a file: other writers do not look at their texts."""
    text = pa.array([b"fine", b"\xff\xfe"], pa.binary()).view(pa.string())
    base = {name: pa.array([value] * 2) for name, value in QUERY.items()}
    table = pa.table(base | {"event_id": pa.array(["a", "b"]), "model": text})
    assert refused(written(tmp_path / "text.parquet", table)) == [Reason.BAD_UTF8]


@pytest.mark.parametrize(
    ("kind", "count", "said"),
    [
        (pa.timestamp("us", "America/New_York"), 253402318799000000, "10000-01-01T04:59:59.000000Z"),
        (pa.timestamp("us", "+02:00"), 253402297200000000, "9999-12-31T23:00:00.000000Z"),
        (pa.timestamp("us", "UTC"), 2**63 - 1, "294247-01-10T04:00:54.775807Z"),
        (pa.timestamp("ms"), 253402318799000, "10000-01-01T04:59:59.000"),
        (pa.date32(), 2932897, "10000-01-01"),
        (pa.date64(), 253402300800000, "10000-01-01"),
    ],
)
def test_a_time_outside_the_calendar_is_said(
    tmp_path: Path, kind: pa.DataType, count: int, said: str
) -> None:
    """The "never ends" of many systems: landing ended with a traceback, at every start again."""
    counts = pa.array([0, count], pa.int32() if kind == pa.date32() else pa.int64()).view(kind)
    inner = pa.MapArray.from_arrays([0, 1, 2], pa.array(["a", "b"]), counts)
    path = written(tmp_path / "never.parquet", pa.table({"end": counts, "inner": inner}))
    first, second = (json.loads(line) for line in lines_of(path))
    assert dt.datetime.fromisoformat(first["end"]).year in (1969, 1970)
    assert second == {"end": said, "inner": {"b": said}}


def test_a_time_outside_the_calendar_is_one_refused_row(tmp_path: Path) -> None:
    table = pa.table({name: pa.array([value] * 2) for name, value in QUERY.items()})
    ends = pa.array([1772442904000000, 253402318799000000]).view(pa.timestamp("us", "America/New_York"))
    path = written(tmp_path / "never.parquet", table.set_column(2, "ts", ends))
    assert refused(path) == [Reason.BAD_VALUE]


@pytest.mark.parametrize("zone", ["Z", "GMT+2", "Pacific Standard Time", "+0200"])
def test_a_zone_that_nobody_knows_is_utc(tmp_path: Path, zone: str) -> None:
    """Its times are known all the same: they are stored in UTC."""
    at = pa.array([1772442904123456]).view(pa.timestamp("us", zone))
    (line,) = lines_of(written(tmp_path / "zone.parquet", pa.table({"at": at})))
    assert json.loads(line) == {"at": "2026-03-02T09:15:04.123456+00:00"}


def test_values_that_python_has_no_room_for_keep_the_file(tmp_path: Path) -> None:
    table = pa.table({"took": pa.array([2**62]).view(pa.duration("s"))})
    assert kept_whole(written(tmp_path / "long.parquet", table)) is Reason.BAD_PARQUET


@pytest.mark.parametrize("digits", ["123456499", "123456500", "999999500"])
def test_nanoseconds_are_those_of_the_same_line_in_json(tmp_path: Path, digits: str) -> None:
    """One cut and the other rounded: the same event was a conflict."""
    at = pa.array([1772442904 * 10**9 + int(digits)]).view(pa.timestamp("ns", "UTC"))
    table = pa.table({name: pa.array([value]) for name, value in QUERY.items()})
    (item,) = read_file(written(tmp_path / "ns.parquet", table.set_column(2, "ts", at)), Limits())
    assert isinstance(item, Slice)
    line = json.dumps(QUERY | {"ts": f"2026-03-02T09:15:04.{digits}Z"}).encode()
    expected = parse(Slice(1, 0, line), Limits())
    assert parse(item, Limits()).contents == expected.contents != []


@pytest.mark.parametrize("at", [0.2, 0.5, 0.98])
def test_damage_keeps_the_file(tmp_path: Path, at: float) -> None:
    table = pa.table({"n": pa.array(range(50_000)), "text": [f"text {n}" for n in range(50_000)]})
    how = {"write_page_checksum": True, "row_group_size": 5_000}
    path = written(tmp_path / "damaged.parquet", table, **how)
    content = bytearray(path.read_bytes())
    content[int(len(content) * at)] ^= 0xFF
    path.write_bytes(content)
    assert kept_whole(path) is Reason.BAD_PARQUET
    assert len(list(read_file(path, Limits()))) == 1  # nothing of what stands before the damage


@pytest.mark.parametrize("most", [4, 9, 5000])
def test_a_cut_file_is_kept(tmp_path: Path, most: int) -> None:
    path = written(tmp_path / "cut.parquet", pa.table({"n": pa.array(range(50_000))}))
    path.write_bytes(path.read_bytes()[:most])
    assert kept_whole(path) is Reason.BAD_PARQUET


def test_two_columns_of_one_name_keep_the_file(tmp_path: Path) -> None:
    """Prevents one of the two from being dropped without a word."""
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["tokens", "tokens"])
    assert kept_whole(written(tmp_path / "twice.parquet", table)) is Reason.DUP_KEY


def test_bomb_is_kept_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that says one thing a million times takes a few bytes."""
    monkeypatch.setattr(packed, "_BOMB_FLOOR", 1 << 20)
    table = pa.table({"text": ["x" * 100] * 100_000})
    assert kept_whole(written(tmp_path / "bomb.parquet", table)) is Reason.TOO_LARGE


def test_rows_larger_than_lines_are_not_read(tmp_path: Path) -> None:
    table = pa.table({"text": ["x" * (8 << 20)]})
    path = written(tmp_path / "large.parquet", table, use_dictionary=False, compression="none")
    assert kept_whole(path) is Reason.TOO_LARGE
