"""Bad input through each reader of another system's logs, always beside two records that are well."""

from pathlib import Path

import pytest
from readers_world import ALL, JSON, Read, Reader


@pytest.fixture(params=ALL)
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Reader:
    return Reader(request.param, tmp_path)


@pytest.fixture(params=JSON)
def of_json(request: pytest.FixtureRequest, tmp_path: Path) -> Reader:
    return Reader(request.param, tmp_path)


def among_good(reader: Reader, bad: bytes, most: int = 16 << 20) -> Read:
    """The records beside it land, whatever it is."""
    found = reader.read(reader.record(b'"a1"'), bad, reader.record(b'"a2"'), most=most)
    assert found.ids >= {reader.id_of("a1"), reader.id_of("a2")}
    return found


def test_1_a_cut_tail_and_a_half_line(reader: Reader) -> None:
    whole = reader.record(b'"b1"')
    cut = reader.read(reader.record(b'"a1"'), whole[: len(whole) * 2 // 3], end=b"")
    assert cut.ids == {reader.id_of("a1")}
    assert cut.reasons == {"TRUNCATED_TAIL"}
    # A quote that is never closed would take the rows behind it along: nobody can tell them from text.
    half = whole.partition(b",")[0] + b"," if reader.name == "csv" else whole[: len(whole) * 2 // 3]
    reason = "BAD_TYPE" if reader.name == "csv" else "BAD_JSON"
    assert among_good(reader, half).reasons == {reason}


@pytest.mark.parametrize(
    ("text", "reason"),
    [(b'"\xff"', "BAD_UTF8"), (b'"a\x00b"', "NUL_BYTE"), (b'"a\\u0000b"', "NUL_BYTE"),
     (b'"\\ud800"', "BAD_UNICODE")],
)  # fmt: skip
def test_3_text_that_is_none(of_json: Reader, text: bytes, reason: str) -> None:
    bad = of_json.record(b'"b1"', text=text)
    found = among_good(of_json, bad)
    assert (found.reasons, set(found.kept)) == ({reason}, {bad})


@pytest.mark.parametrize(("text", "reason"), [(b'"\xff"', "BAD_UTF8"), (b'"a\x00b"', "NUL_BYTE")])
def test_3_cells_that_are_no_text(tmp_path: Path, text: bytes, reason: str) -> None:
    table = Reader("csv", tmp_path)
    assert among_good(table, table.record(b'"b1"', text=text)).reasons == {reason}


def test_3_a_mark_at_the_start_is_no_part_of_it(reader: Reader) -> None:
    found = reader.read(reader.record(b'"a1"'), before=b"\xef\xbb\xbf")
    assert (found.ids, found.reasons) == ({reader.id_of("a1")}, set())


@pytest.mark.parametrize(
    ("tokens", "reasons"),
    [(b"NaN", {"NOT_FINITE", "BAD_TYPE"}), (b"Infinity", {"NOT_FINITE", "BAD_TYPE"}),
     (b"1e400", {"NOT_FINITE", "BAD_TYPE", "RANGE"}), (b"99999999999999999999", {"RANGE"}),
     (b"-1", {"RANGE"}), (b"1.5", {"BAD_TYPE"}), (b'"many"', {"BAD_TYPE"})],
)  # fmt: skip
def test_4_tokens_that_are_no_count(reader: Reader, tokens: bytes, reasons: set[str]) -> None:
    found = among_good(reader, reader.record(b'"b1"', tokens=tokens))
    assert found.reasons
    assert found.reasons <= reasons


def test_5_a_key_twice(of_json: Reader) -> None:
    bad = of_json.record(b'"b1"').replace(b'{"', b'{"x":1,"x":2,"', 1)
    found = among_good(of_json, bad)
    assert (found.reasons, found.kept) == ({"DUP_KEY"}, [bad])


def test_6_nesting_without_an_end_and_a_record_that_is_too_long(of_json: Reader) -> None:
    deep = of_json.record(b'"b1"', text=b"[" * 100_000)
    assert among_good(of_json, deep).reasons == {"TOO_DEEP"}
    long = of_json.record(b'"b1"', text=b'"' + b"x" * 3_000_000 + b'"')
    found = among_good(of_json, long, most=2_000_000)
    assert found.reasons == {"TOO_LARGE"}


@pytest.mark.parametrize(
    ("at", "reasons"),
    [(b'"1970-01-01T00:00:00Z"', {"TIME_WINDOW"}), (b'"2099-01-01T00:00:00Z"', {"TIME_WINDOW"}),
     (b"1772359200000", {"BAD_TYPE", "BAD_VALUE", "TIME_WINDOW"}), (b'"soon"', {"BAD_VALUE"})],
)  # fmt: skip
def test_7_times_that_are_none(reader: Reader, at: bytes, reasons: set[str]) -> None:
    found = among_good(reader, reader.record(b'"b1"', at=at))
    assert found.reasons
    assert found.reasons <= reasons


@pytest.mark.parametrize(("odd", "reason"), [(b'{"dream":1}', "MISSING_FIELD"), (b"[1]", "BAD_TYPE")])
def test_8_a_record_of_another_kind_is_kept(of_json: Reader, odd: bytes, reason: str) -> None:
    found = among_good(of_json, odd)
    assert (found.reasons, found.kept) == ({reason}, [odd])


def test_9_a_long_id(reader: Reader) -> None:
    long = "i" * 9_000
    found = among_good(reader, reader.record(f'"{long}"'.encode()))
    assert found.reasons == set()
    assert reader.id_of(long) in found.ids


def test_10_sql_is_text(reader: Reader) -> None:
    spell = "'; drop table raw.query_log; --"
    found = among_good(reader, reader.record(f'"{spell}"'.encode(), text=f'"{spell}"'.encode()))
    assert (found.reasons, reader.id_of(spell) in found.ids) == (set(), True)
