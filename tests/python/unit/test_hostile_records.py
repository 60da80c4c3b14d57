"""Whatever stands in a record of another system, it becomes lines that land or are refused: none sinks
the file."""

import json
import time
from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import test_langfuse
import test_litellm
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple
from otlp_spans import CALL, INFERENCE, request, span

from orchestration.landing.contract import Event
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Parsed, Slice, parse
from orchestration.landing.reasons import Refused
from orchestration.landing.records import Records, slices_of
from orchestration.sources import cells, reading
from orchestration.sources.langfuse import LANGFUSE
from orchestration.sources.litellm import LITELLM
from orchestration.sources.otlp import OTLP_JSON
from orchestration.sources.phoenix import PHOENIX
from orchestration.sources.source import Source

SPAN = {
    "span": {
        "span_id": "b1",
        "parent_id": None,
        "name": "call",
        "span_kind": "LLM",
        "start_time": "2026-03-01T10:00:00+00:00",
        "end_time": "2026-03-01T10:00:01+00:00",
        "status_code": "OK",
        "status_message": "",
        "events": [
            {"name": "exception", "timestamp": "2026-03-01T10:00:01+00:00", "attributes": {"a": 1}}
        ],
        "attributes": {
            "openinference": {"span": {"kind": "LLM"}},
            "metadata": {"a": 1},
            "user": {"id": "ana"},
            "llm": {
                "model_name": "m",
                "token_count": {"prompt": 3, "prompt_details": {"cache_read": 1}},
                "input_messages": [{"message": {"role": "user", "content": "Why?"}}],
            },
            "retrieval": {"documents": [{"document": {"id": "d", "score": Decimal("0.5")}}]},
        },
    },
    "trace_id": "a1",
    "project": "shop",
    "session_id": "s",
}
NOTE = {
    "annotation": {
        "id": 1,
        "name": "user feedback",
        "score": 1,
        "label": "up",
        "annotator_kind": "HUMAN",
        "created_at": "2026-03-01T10:00:00+00:00",
        "document_position": 0,
        "source": "API",
        "identifier": "",
        "explanation": "x",
    },
    "about": "document",
    "trace_id": "a1",
    "document": {"id": "d", "content": "text"},
}
RATING = {
    "annotation": {
        "id": 1,
        "name": "user feedback",
        "score": 1,
        "annotator_kind": "HUMAN",
        "created_at": "2026-03-01T10:00:00+00:00",
        "source": "API",
    },
    "about": "span",
    "trace_id": "a1",
    "span_id": "b1",
}
TABLE = {
    "observation": test_langfuse.generation(),
    "trace": test_langfuse.trace(),
    "prompt": {"name": "p"},
}
GUARDED = test_litellm.payload(
    guardrail_information=[
        {"guardrail_name": "g", "guardrail_status": "success", "guardrail_mode": ["a"]}
    ],
    metadata={
        "usage_object": test_litellm.USAGE,
        "mcp_tool_call_metadata": {"name": "t"},
        "vector_store_request_metadata": [
            {
                "vector_store_id": "v",
                "vector_store_search_response": {"data": [{"score": 1, "content": [{"text": "t"}]}]},
            }
        ],
    },
)
LOG = {
    "timeUnixNano": "1772359200000000000",
    "traceId": "a" * 32,
    "spanId": "b" * 16,
    "eventName": "gen_ai.client.inference.operation.details",
    "attributes": [{"key": "gen_ai.request.model", "value": {"stringValue": "m"}}],
    "body": {"kvlistValue": {"values": [{"key": "a", "value": {"arrayValue": {"values": [{}]}}}]}},
}
LOGS = {"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"logRecords": [LOG]}]}]}
RECORDS: list[tuple[Source, dict[str, Any]]] = [
    (LITELLM, test_litellm.payload()),
    (LITELLM, GUARDED),
    (LITELLM, test_litellm.row()),
    (LITELLM, test_litellm.payload(call_type="call_mcp_tool")),
    (LANGFUSE, test_langfuse.generation()),
    (LANGFUSE, test_langfuse.trace()),
    (LANGFUSE, test_langfuse.score()),
    (LANGFUSE, test_langfuse.score(source="API", name="rating", value=3)),
    (LANGFUSE, test_langfuse.observation("RETRIEVER", output=[{"id": "d", "metadata": {"score": 1}}])),
    (LANGFUSE, test_langfuse.observation("GUARDRAIL", output={"passed": True})),
    (LANGFUSE, TABLE),
    (OTLP_JSON, test_langfuse.request(test_langfuse.span())),
    (OTLP_JSON, LOGS),
    (OTLP_JSON, json.loads(request(span(CALL), span(INFERENCE, 2)))),
    (PHOENIX, SPAN),
    (PHOENIX, NOTE),
    (PHOENIX, RATING),
]

LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        [
            "NaN",
            "1e999",
            "1e1000000",
            "[1e99999999999999999999]",
            "{",
            "[1]",
            '{"a":[{}]}',
            "2026-03-01",
            "9" * 400,
            "",
            "true",
        ]
    ),
)
ANYTHING = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return found + [place for name, one in inside for place in places(one, (*path, name))]


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], by)
    return copy


@pytest.mark.parametrize(("source", "record"), RECORDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_a_record(
    source: Source, record: dict[str, Any], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(places(record)))
    hostile = json.dumps(replaced(record, path, data.draw(ANYTHING)), default=_number)
    limits = Limits()
    with suppress(Refused, ArithmeticError):  # what nobody foresaw is caught, and then in quarantine
        list(source.lines(source.decode(hostile.encode(), limits)) or ())
    for part in slices_of(Records(source, [hostile.encode() + b"\n"]), limits):
        assert isinstance(part, Slice)
        once = parse(part, limits)
        assert len(once.events) + len(once.refused) == len(part.lines)
        again = parse(Slice(1, 0, part.blob), limits)
        assert _said(once) == _said(again)


def _said(parsed: Parsed) -> list[Any]:
    """What landing takes from it. What was known of a line is what reading it would say."""
    rows = [row_of(event) for event in parsed.events]
    refused = [(place, one.reason, one.path) for place, one in parsed.refused]
    return [rows, parsed.indexes, parsed.keys, parsed.contents, refused, parsed.drift]


def row_of(event: Event) -> tuple[Any, ...]:
    return (type(event), *map(_column, astuple(event)))


def _column(value: Any) -> Any:
    """Objects as they are stored, where the order of keys is lost; the rest as it is."""
    if isinstance(value, dict | list):
        return msgspec.json.encode(value, order="deterministic")
    return type(value), value


@pytest.mark.parametrize("said", [CALL, INFERENCE])
def test_lines_of_a_span_are_known_and_not_read_again(said: dict[str, Any]) -> None:
    """Half of what a span costs in landing was reading what had just been spelled."""
    (part,) = slices_of(Records(OTLP_JSON, [request(span(said)), request(span(said, 2))]), Limits())
    assert isinstance(part, Slice)
    assert [*part.known] == [*range(len(part.lines))]
    assert [row_of(one) for one in parse(part, Limits()).events] == [
        row_of(one) for one in parse(Slice(1, 0, part.lines), Limits()).events
    ]


def test_what_is_known_but_too_deep_is_refused() -> None:
    deep: dict[str, Any] = {"stringValue": "x"}
    for _ in range(40):
        deep = {"kvlistValue": {"values": [{"key": "k", "value": deep}]}}
    one = span({**CALL})
    one["attributes"].append({"key": "assay.feature", "value": {"stringValue": "f"}})
    one["attributes"].append({"key": "deep", "value": deep})
    limits = Limits(depth=20)
    (part,) = slices_of(Records(OTLP_JSON, [request(one)]), limits)
    assert isinstance(part, Slice)
    assert _said(parse(part, limits)) == _said(parse(Slice(1, 0, part.lines), limits))


@pytest.mark.parametrize("name", ["gen_ai.usage.cost", "llm.cost.total"])
@pytest.mark.parametrize("cost", ["1e1000000", "-1e1000000", "1e-1000000"])
def test_a_cost_beyond_what_decimals_hold_refuses_one_line(name: str, cost: str) -> None:
    """It ended the lander with a traceback, and a receiver answered 500."""
    limits = Limits()
    record = request(span({**CALL, name: cost}), span(CALL, 2))
    (part,) = slices_of(Records(OTLP_JSON, [record]), limits)
    assert isinstance(part, Slice)
    parsed = parse(part, limits)
    assert {(one.reason.value, one.path) for _, one in parsed.refused} <= {("RANGE", "$.reported_cost")}
    assert len(parsed.events) + len(parsed.refused) == len(part.lines)
    assert len(parsed.events) >= len(part.lines) - 1


@pytest.mark.parametrize("text", ["[1e99999999999999999999]", '{"a":0e-99999999999999999999}'])
def test_packed_text_that_no_decimal_holds_stays_text(text: str) -> None:
    assert reading.unpacked(text) == text


@pytest.mark.parametrize("number", [Decimal("1e99990"), Decimal("-1e1000000"), "1e99990", "1e1000000"])
def test_a_moment_of_countless_digits_is_none_and_is_told_at_once(number: Any) -> None:
    """Spelling out a million digits took a core for a minute, and a file may hold many."""
    started = time.process_time()
    assert cells.epoch("s", reading.EPOCH)(number) is number
    assert reading.moment_of(number) is None
    assert time.process_time() - started < 0.1


def test_money_of_a_million_digits_is_left_to_the_rules() -> None:
    amount = "1" + "0" * 1_000_001 + "." + "1" * 19
    assert Decimal(reading.money(amount)) == Decimal(amount)


@pytest.mark.parametrize("value", [[None], ["stringValue"], "stringValue", 7])
def test_an_attribute_whose_value_is_no_object_sinks_no_span(value: Any) -> None:
    """A list there ended the lander with a traceback."""
    pair = {"key": "gen_ai.request.model", "value": value}
    hostile = replaced(LOGS, ("resourceLogs", 0, "scopeLogs", 0, "logRecords", 0, "attributes"), [pair])
    assert OTLP_JSON.translate(json.dumps(hostile).encode(), Limits())
    span = {"traceId": "a" * 32, "spanId": "b" * 16, "name": "n", "attributes": [pair]}
    request = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    assert OTLP_JSON.translate(json.dumps(request).encode(), Limits()) is not None


def _number(value: Decimal) -> Any:
    return int(value) if value == value.to_integral_value() else float(value)
