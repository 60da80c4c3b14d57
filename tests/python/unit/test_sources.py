"""A source's logs become contract lines, however packed; what is not readable stays as it is."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice, parse
from orchestration.landing.reader import read_file
from orchestration.landing.slices import Unreadable
from orchestration.sources.leftovers import Leftovers
from orchestration.sources.source import Source, has_keys

TOOL = {"event_id": "1", "ts": "2026-03-01T10:00:00Z", "tool": "t", "status": "ok", "source": "bells"}


def _lines(record: Any) -> list[dict[str, Any]] | None:
    if not isinstance(record, dict) or "bells" not in record:
        return None
    return [{"kind": "tool", **TOOL, **fields} for fields in record["bells"]]


BELLS = Source("bells", has_keys("bells"), _lines)


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.landing.reader.FOUND", (BELLS,))


def landed(path: Path, content: bytes, limits: Limits | None = None) -> list[Slice | Unreadable]:
    path.write_bytes(content)
    return list(read_file(path, limits or Limits()))


def said(items: list[Slice | Unreadable]) -> list[bytes]:
    return [line for item in items if isinstance(item, Slice) for line in item.lines]


@pytest.mark.usefixtures("bells")
def test_records_become_lines_in_their_order_also_packed_and_behind_a_byte_order_mark(
    tmp_path: Path,
) -> None:
    content = (
        b'\xef\xbb\xbf{"bells":[{"event_id":"1"},{"event_id":"2"}]}\n{"bells":[]}\n{"bells":[{}]}\n'
    )
    plain = said(landed(tmp_path / "a.jsonl", content))
    assert [json.loads(line)["event_id"] for line in plain] == ["1", "2", "1"]
    assert said(landed(tmp_path / "a.jsonl.gz", gzip.compress(content))) == plain


@pytest.mark.usefixtures("bells")
def test_what_a_source_cannot_read_goes_on_as_it_came(tmp_path: Path) -> None:
    """Prevents that a record with a fault is lost, or takes others with it."""
    odd = [
        b'{"bells":[',
        b'{"bells":[],"bells":[]}',
        b'{"other":1}',
        b'{"bells":[\xff]}',
        b'{"bells":NaN}',
    ]
    content = b'{"bells":[{}]}\n' + b"\n".join(odd) + b'\n{"bells":[{}'
    items = landed(tmp_path / "a.jsonl", content)
    assert said(items)[1:] == [*odd, b'{"bells":[{}']
    (only,) = items
    assert isinstance(only, Slice)
    reasons = [refused.reason.value for _, refused in parse(only, Limits()).refused]
    assert reasons == [
        "BAD_JSON",
        "DUP_KEY",
        "MISSING_FIELD",
        "BAD_UTF8",
        "NOT_FINITE",
        "TRUNCATED_TAIL",
    ]


@pytest.mark.usefixtures("bells")
def test_the_last_record_may_lack_its_newline(tmp_path: Path) -> None:
    """And says so, since a file that grows must not be taken to its end."""
    (only,) = landed(tmp_path / "a.jsonl", b'{"bells":[{},{"event_id":"2"}]}')
    assert isinstance(only, Slice)
    assert (len(only.lines), only.terminated) == (2, False)


@pytest.mark.usefixtures("bells")
def test_a_record_beyond_the_limit_is_kept_whole(tmp_path: Path) -> None:
    long = b'{"bells":["' + b"x" * 3_000_000 + b'"]}'
    content = b'{"bells":[{}]}\n' + long + b'\n{"bells":[{}]}\n'
    first, kept, last = landed(tmp_path / "a.jsonl", content, Limits(record_bytes=2_000_000))
    assert (len(said([first])), len(said([last]))) == (1, 1)
    assert isinstance(kept, Unreadable)
    assert b"".join(kept.parts()) == long


@pytest.mark.usefixtures("bells")
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_records_behind_one_beyond_the_limit_are_read_one_by_one(tmp_path: Path, end: bytes) -> None:
    """What had been read beyond its end was taken for one record, if the file ended there."""
    long = b'{"bells":["' + b"x" * 3_000_000 + b'"]}'
    content = b'{"bells":[{}]}\n' + long + b'\n{"bells":[{}]}\n{"bells":[{}]}' + end
    _, _, last = landed(tmp_path / "a.jsonl", content, Limits(record_bytes=2_000_000))
    assert isinstance(last, Slice)
    assert len(parse(last, Limits()).events) == 2
    assert last.terminated == bool(end)


def test_unknown_names_are_counted_by_source_and_texts_leave_their_length() -> None:
    left = Leftovers()
    left.keep("temperature", 0.5, known=True)
    left.keep_words("words", ["hi", "hi there"])
    left.keep("mood", "sunny", known=False)
    left.keep("poem", "x" * 300, known=False)
    left.keep("customer", 17, known=False)
    assert left.attributes() == {
        "temperature": 0.5,
        "words": ["hi", {"characters": 8}],
        "unknown": {"mood": "sunny", "poem": {"characters": 300}, "customer": {"characters": 1}},
    }
    line = {"kind": "tool", **TOOL, "attributes": left.attributes()}
    parsed = parse(Slice(1, 0, [json.dumps(line).encode()] * 2), Limits())
    assert parsed.drift == {("tool", "bells", name): 2 for name in ("mood", "poem", "customer")}
