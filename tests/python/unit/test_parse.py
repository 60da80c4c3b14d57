"""The fast path accepts exactly what the exact reading accepts, and as the same event."""

import datetime as dt
import gc
import hashlib
import json
import math
import time
import weakref
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.landing.contract import Event, Query
from orchestration.landing.diagnose import diagnose
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice, parse
from orchestration.landing.reasons import Reason, Refused

LIMITS = Limits()
TOOL = {"kind": "tool", "event_id": "1", "ts": "2026-03-01T10:00:00Z", "tool": "t", "status": "ok"}
QUERY = {"kind": "query", "event_id": "1", "ts": "2026-03-01T10:00:00Z", "status": "ok"}
COST = {"kind": "cost", "event_id": "1", "ts": "2026-03-01T10:00:00Z", "model": "m"}
BILL = {**COST, "kind": "bill", "provider": "p", "day": "2026-03-01"}
# A tier says how it counts whether it was told or not: its one spelling has a key more than the line.
TIER = {
    **COST,
    "kind": "price",
    "origin": "override",
    "valid_from": "2026-03-01T10:00:00Z",
    "above_input_tokens": 9,
    "input_price": 1,
}


def line(base: dict[str, Any] = TOOL, **fields: Any) -> bytes:
    return json.dumps({**base, **fields}).encode()


def read(raw: bytes) -> tuple[Any, bytes, list[str]]:
    """The event, its content and its unknown fields."""
    parsed = parse(Slice(1, 0, [raw]), LIMITS)
    for _, refused in parsed.refused:
        raise refused
    return parsed.events[0], parsed.contents[0], [name for _, _, name in parsed.drift]


def refusal(raw: bytes) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        read(raw)
    return caught.value.reason.value, caught.value.path


@pytest.mark.parametrize(
    ("raw", "reason", "path"),
    [
        (line()[:-5], "BAD_JSON", "$"),
        (b"", "BAD_JSON", "$"),
        (b'{"kind": "tool"} {}', "BAD_JSON", "$"),
        (b"[1, 2]", "BAD_TYPE", "$"),
        (line(tool="x").replace(b"x", b"\xff"), "BAD_UTF8", "$"),
        (line(tool="x").replace(b"x", b"\xed\xa0\x80"), "BAD_UTF8", "$"),
        (line(tool="x").replace(b"x", b"\0"), "NUL_BYTE", "$"),
        (line(tool="a\0b"), "NUL_BYTE", "$.tool"),
        (line(attributes={"a": ["\0"]}), "NUL_BYTE", "$.attributes[...][...]"),
        (line(attributes={"\0": 1}), "NUL_BYTE", "$.attributes"),
        (line(tool="\ud800"), "BAD_UNICODE", "$.tool"),
        (b"\xef\xbb\xbf" + line(), "BAD_JSON", "$"),
        (line(latency_ms=math.nan), "NOT_FINITE", "$"),
        (line(latency_ms=-math.inf), "NOT_FINITE", "$"),
        (line(latency_ms=5).replace(b"5", b"1e400"), "NOT_FINITE", "$"),
        (line(attributes={"x": 5}).replace(b"5", b"1e400"), "NOT_FINITE", "$"),
        (line(COST, reported_cost="NaN"), "NOT_FINITE", "$.reported_cost"),
        (line(COST, reported_cost="1e-999999"), "RANGE", "$.reported_cost"),
        (line(COST, reported_cost="1e300"), "RANGE", "$.reported_cost"),
        (line(COST, reported_cost="1000000000.01"), "RANGE", "$.reported_cost"),
        (line(COST, reported_cost="12.3.4"), "BAD_VALUE", "$.reported_cost"),
        # Beyond what decimals hold, in the contract's arithmetic and in any.
        (line(COST, reported_cost="1e1000000"), "RANGE", "$.reported_cost"),
        (line(BILL, amount="-1e1000000"), "RANGE", "$.amount"),
        (line(TIER, input_price="1e1000000"), "RANGE", "$.input_price"),
        (line(COST, reported_cost=5).replace(b"5", b"1e1000000"), "NOT_FINITE", "$"),
        (line(BILL, amount=5).replace(b"5", b"1e-99999999999999999999"), "RANGE", "$.amount"),
        (line(BILL, amount=5).replace(b"5", b"0e99999999999999999999"), "RANGE", "$.amount"),
        (line(COST, input_tokens=-1), "RANGE", "$.input_tokens"),
        (line(COST, input_tokens=2**63), "RANGE", "$.input_tokens"),
        (line(COST, input_tokens=1.5), "BAD_TYPE", "$.input_tokens"),
        (line(COST, input_tokens="7"), "BAD_TYPE", "$.input_tokens"),
        (line(COST, input_tokens=7.0), "BAD_TYPE", "$.input_tokens"),
        (line(COST, input_tokens=7).replace(b"7", b"1e3"), "BAD_TYPE", "$.input_tokens"),
        (line(COST, input_tokens=True), "BAD_TYPE", "$.input_tokens"),
        (line(latency_ms="5"), "BAD_TYPE", "$.latency_ms"),
        (line(QUERY, cache_hit=1), "BAD_TYPE", "$.cache_hit"),
        (line(QUERY, model=5), "BAD_TYPE", "$.model"),
        (line(latency_ms=-0.1), "RANGE", "$.latency_ms"),
        (line(QUERY, complexity=1.01), "RANGE", "$.complexity"),
        (line(attributes={"x": 5}).replace(b"5", b"9" * 5000), "RANGE", "$"),
        (b'{"kind":"tool","kind":"tool"}', "DUP_KEY", "$"),
        (line()[:-1] + b',"tool":"t"}', "DUP_KEY", "$"),
        (line()[:-1] + b',"to\\u006fl":"t"}', "DUP_KEY", "$"),
        (line(attributes={"a": {"b": 1}}).replace(b'"b": 1', b'"b":1,"b":1'), "DUP_KEY", "$"),
        (line()[:-1] + b',"tool" :"t","agent":"a"}', "DUP_KEY", "$"),
        (line()[:-1] + b',"tool"\t:"t","agent":"a"}', "DUP_KEY", "$"),
        (line()[:-1] + b',"agent":"\\u0022:","agent":null}', "DUP_KEY", "$"),
        (line(COST, currency="USD")[:-1] + b',"currency":"USD"}', "DUP_KEY", "$"),
        (line(COST, requests=1)[:-1] + b',"requests":1}', "DUP_KEY", "$"),
        (line(QUERY, query_id="1")[:-1] + b',"query_id":"1"}', "DUP_KEY", "$"),
        (line(session_id="")[:-1] + b',"session_id":""}', "DUP_KEY", "$"),
        (line(workspace="default")[:-1] + b',"workspace":"default"}', "DUP_KEY", "$"),
        (line(attributes={"x": 0}).replace(b"0}}", b"[" * 100 + b"]" * 100 + b"}}"), "TOO_DEEP", "$"),
        (line(tool="x" * LIMITS.line_bytes), "TOO_LARGE", "$"),
        (line(ts="2026-03-01T10:00:00"), "NO_TZ", "$.ts"),
        (line(ts="1970-01-01T00:00:00Z"), "TIME_WINDOW", "$.ts"),
        (line(ts="0001-01-01T00:00:00+14:00"), "TIME_WINDOW", "$.ts"),
        (line(ts="9999-12-31T23:59:59-14:00"), "TIME_WINDOW", "$.ts"),
        (line(ts="2150-01-01T00:00:00Z"), "TIME_WINDOW", "$.ts"),
        (line(ts=1772000000000), "BAD_TYPE", "$.ts"),
        (line(ts="last Tuesday"), "BAD_VALUE", "$.ts"),
        (line(kind="poem"), "UNKNOWN_KIND", "$.kind"),
        (line(kind=7), "BAD_TYPE", "$.kind"),
        (line(kind=None), "MISSING_FIELD", "$.kind"),
        (line(event_id=None), "MISSING_FIELD", "$.event_id"),
        (line(event_id=""), "BAD_VALUE", "$.event_id"),
        (b'{"kind":"tool","tool":"t","status":"ok"}', "MISSING_FIELD", "$.event_id"),
        (line(status="fine"), "BAD_VALUE", "$.status"),
        (line({**QUERY, "kind": "feedback", "type": "stars"}, value=6), "RANGE", "$.value"),
        (line({**QUERY, "kind": "feedback", "type": "thumb"}, value=0), "RANGE", "$.value"),
    ],
)  # fmt: skip
def test_bad_line_is_refused_with_its_reason_and_place(raw: bytes, reason: str, path: str) -> None:
    """A wrong reason sends its reader to look for a fault that is not there."""
    assert refusal(raw) == (reason, path)


@pytest.mark.parametrize("number", ["1e-99999999999999999999", "-0e99999999999999999999"])
@pytest.mark.parametrize("field", ["latency_ms", "attributes"])
def test_number_with_an_endless_exponent_is_read_as_the_fast_path_reads_it(
    number: str, field: str
) -> None:
    """Beside a field that nobody knows, it ended the lander with a traceback."""
    said: dict[str, Any] = {"attributes": {"x": 5}} if field == "attributes" else {field: 5}
    fast = read(line(**said).replace(b": 5", b":" + number.encode()))[1]
    exact = line(**said).replace(b": 5", b" :" + number.encode())
    assert read(exact)[1] == fast


@given(st.text(min_size=1).filter(lambda name: name not in TOOL))
def test_path_never_shows_what_a_producer_wrote(secret: str) -> None:
    """Field names of free objects may be text of users; a path in a report must not carry them."""
    value: dict[str, Any] = {"attributes": {f"secret-{secret}": "\0"}, f"secret-{secret}": 1}
    assert "secret" not in refusal(line(**value))[1]


def test_unknown_fields_are_kept_and_named() -> None:
    """A field that the contract does not know yet was dropped without a trace."""
    event, _, drift = read(line(mood="sunny", attributes={"mood": "old"}))
    assert event.attributes == {"mood": "old", "line.mood": "sunny"}
    assert drift == ["mood"]


def test_unknown_fields_of_a_retrieved_document_are_kept() -> None:
    """The same, one level down."""
    base = {**QUERY, "kind": "retrieval", "result_count": 1}
    event, _, _ = read(line(base, documents=[{"doc_id": "d", "page": 3}]))
    assert event.documents[0].attributes == {"page": 3}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (line(), line(workspace="default", source="native", agent=None, unheard_of=None)),
        (line(ts="2026-03-01T12:00:00+02:00"), line()),
        (line(COST, currency="USD", requests=1), line(COST)),
        (line(COST, reported_cost="0.10"), line(COST, reported_cost=0.1)),
        (line(COST, reported_cost="100"), line(COST, reported_cost="1e2")),
        (line(latency_ms=5), line(latency_ms=5.0)),
        (line(attributes={"a": 1, "b": 2}), line(attributes={"b": 2, "a": 1})),
        (line(QUERY), line(QUERY, query_id="1")),
        (line(), line(session_id="", task_id="", query_id="")),
        (line(QUERY), line(QUERY, session_id="", task_id="", query_id="", parent_query_id="")),
        (line(tool="é"), line(tool="x").replace(b"x", "é".encode())),
    ],
)
def test_equal_values_are_equal_content(one: bytes, other: bytes) -> None:
    """Another spelling of the same row would land as a conflict."""
    assert read(one)[1] == read(other)[1]


def test_line_of_escaped_quotes_is_read_in_linear_time() -> None:
    """A megabyte of escaped quotes without an end held a lander for hours."""
    started = time.process_time()
    assert refusal(b'"' + b'\\"' * 500_000)[0] == "BAD_JSON"
    assert time.process_time() - started < 2


def test_key_behind_a_line_break_is_still_counted() -> None:
    """Rows of the inbox may hold line breaks, and a repeated key hid behind one."""
    assert refusal(line(QUERY, query_id="q")[:-1] + b',"event_id"\n:"y"}')[0] == "DUP_KEY"


def test_keys_do_not_run_together() -> None:
    """Two different (workspace, event_id) pairs that concatenate to one text would be one key."""
    pairs = [("a", "bc"), ("ab", "c"), ("1:a", "b"), ("1", ":ab"), ("a", "tool:b"), ("atool:", "b")]
    lines = [line(workspace=workspace, event_id=event_id) for workspace, event_id in pairs]
    keys = set(parse(Slice(1, 0, lines), LIMITS).keys)
    assert len(keys) == len(pairs)


def test_lines_read_together_keep_their_places() -> None:
    """Many lines are proved at once: a slip by one would refuse the neighbour of a bad line."""
    odd = {3: b"", 511: line()[:-1] + b',"tool":"t"}', 512: line(latency_ms="5"), 1300: b"junk"}
    drifting = {0: line(event_id="0", mood="sunny"), 700: line(event_id="700", agent="a :b")}
    lines = [
        odd.get(n) or drifting.get(n) or line(event_id=str(n), agent='":' * (n % 3))
        for n in range(1400)
    ]
    lines[3] = b""
    parsed = parse(Slice(1, 0, lines), LIMITS)
    assert [(n, refused.reason) for n, refused in parsed.refused] == [
        (3, "BAD_JSON"), (511, "DUP_KEY"), (512, "BAD_TYPE"), (1300, "BAD_JSON")
    ]  # fmt: skip
    assert parsed.indexes == [n for n in range(1400) if n not in odd]
    assert [event.event_id for event in parsed.events] == [str(n) for n in parsed.indexes]
    assert parsed.contents == [read(lines[n])[1] for n in parsed.indexes]


def test_slice_with_refused_lines_is_freed_at_once() -> None:
    """What was raised knew its frames and they the slice: a day with bad lines took 1.5 GB."""
    gc.disable()  # as the processes do that land big files
    try:
        parsed = parse(Slice(1, 0, [b"junk", line(ts="1970-01-01T00:00:00Z"), line()]), LIMITS)
        watched = weakref.ref(parsed)
        assert len(parsed.refused) == 2
        del parsed
        assert watched() is None
    finally:
        gc.enable()


def test_cut_last_line_is_called_cut() -> None:
    """A file whose copy was cut off looks like a producer's fault."""
    good, cut = line(), line()[:-7]
    parsed = parse(Slice(1, 0, [good, cut], terminated=False), LIMITS)
    assert [refused.reason for _, refused in parsed.refused] == [Reason.TRUNCATED_TAIL]
    whole = parse(Slice(1, 0, [good, good], terminated=False), LIMITS)
    assert not whole.refused


_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(['":', "\\", "a:b", " :", "\0", "null", "2026-03-01T10:00:00+01:00", "\ud800"]),
    # What a lenient reader would turn into something else, and defaults spelled out.
    st.sampled_from(["5", "1.5", "true", "", 1, 1.0, 1e3, 2**53 + 1, "1", "USD", "default", "native"]),
)
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
_bases = st.sampled_from([TOOL, QUERY, COST, TIER, {**QUERY, "kind": "retrieval", "result_count": 0}])
_fields = st.sampled_from(
    ["attributes", "latency_ms", "reported_cost", "input_tokens", "user_id", "tool", "ts", "kind",
     "query_id", "session_id", "documents", "workspace", "unheard_of", "source", "currency",
     "requests", "status", "cache_hit", "turn"]
)  # fmt: skip


def _dump(pairs: list[tuple[str, Any]], spaced: bool, ascii_only: bool) -> bytes:
    """JSON that may repeat a key, as no library would write it."""
    colon, comma = (" : ", " , ") if spaced else (":", ",")
    parts = [
        json.dumps(key, ensure_ascii=ascii_only) + colon
        + json.dumps(value, ensure_ascii=ascii_only, separators=(comma, colon))
        for key, value in pairs
    ]  # fmt: skip
    return ("{" + comma.join(parts) + "}").encode("utf-8", "surrogatepass")


def _exactly(raw: bytes) -> Event | Refused:
    try:
        return diagnose(raw, LIMITS, LIMITS.latest())[0]
    except Refused as refused:
        return refused


# Lines are proved together: neighbours that hide keys must not make up for those that repeat one.
_HIDING = [line().replace(b'":', b'" :'), line(tool="x").replace(b'"x"', b'"\\u0022\\u003a"')]
_SURPLUS = [line(COST, requests=1, currency="USD"), line(workspace="default"), line(agent=None)]
_JUNK = [b"", b'{"a":":":"', b":", b'"']
_neighbours = st.lists(
    st.sampled_from([line(), line(COST), line(TIER), *_HIDING, *_SURPLUS, *_JUNK]), max_size=3
)


@settings(max_examples=600, deadline=None)
@given(
    base=_bases,
    extra=st.lists(st.tuples(_fields, _values), max_size=4),
    spaced=st.booleans(),
    ascii_only=st.booleans(),
    cut=st.integers(0, 3),
    before=_neighbours,
    after=_neighbours,
)
@example(TOOL, [("agent", '":'), ("agent", "x")], False, True, 0, [], [])
@example(TOOL, [("tool", None)], False, True, 0, [], [])
@example(TOOL, [("tool", "t")], False, True, 0, [line(TIER)], [])
@example(COST, [("requests", 1), ("currency", "USD")], False, True, 0, [], [])
@example(COST, [("requests", 1), ("requests", 1)], False, True, 0, [], [])
@example(TOOL, [("session_id", ""), ("session_id", None)], False, True, 0, [], [])
@example(TOOL, [("tool", "t")], False, True, 0, [line(session_id="")], [])
@example(TOOL, [("attributes", {"requests": 1}), ("agent", None)], False, True, 0, [], [])
@example(TOOL, [("attributes", {"n": 3.1308875045623652e16})], True, False, 0, [], [])
def test_fast_and_exact_reading_agree(
    base: dict[str, Any],
    extra: list[tuple[str, Any]],
    spaced: bool,
    ascii_only: bool,
    cut: int,
    before: list[bytes],
    after: list[bytes],
) -> None:
    """An optimisation that takes what the exact reading refuses lets bad data in unseen."""
    raw = _dump([*base.items(), *extra], spaced, ascii_only)
    raw = raw[: len(raw) - cut]
    parsed = parse(Slice(1, 0, [*before, raw, *after]), LIMITS)
    expected = _exactly(raw)
    if isinstance(expected, Refused):
        (found,) = [refused for index, refused in parsed.refused if index == len(before)]
        assert (found.reason, found.path) == (expected.reason, expected.path)
        return
    place = parsed.indexes.index(len(before))
    event = parsed.events[place]
    if isinstance(event, Query) and expected == msgspec.structs.replace(event, query_id=None):
        event.query_id = None
    assert event == expected
    spelled = msgspec.json.encode(expected, order="deterministic")
    assert parsed.contents[place] == hashlib.sha256(spelled).digest()[:16]
    assert event.ts.tzinfo is dt.UTC
