"""Langfuse's rows as lines, whichever of its exports or tables they come from."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice, parse
from orchestration.landing.reader import read_file
from orchestration.sources.again import made_anew
from orchestration.sources.langfuse import LANGFUSE, lines
from orchestration.sources.langfuse.spans import POSTED, posted
from orchestration.sources.otlp import OTLP_JSON


def generation(**fields: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": "o-1", "trace_id": "t-1", "project_id": "p-1", "environment": "production",
        "type": "GENERATION", "parent_observation_id": "o-0", "name": "answer",
        "start_time": "2026-03-01 10:00:00.250000", "end_time": "2026-03-01 10:00:01.750000",
        "completion_start_time": "2026-03-01 10:00:00.650000", "level": "DEFAULT",
        "provided_model_name": "gpt-4o", "prompt_name": "answer", "prompt_version": 3,
        "usage_details": {"input": 350, "input_cached_tokens": 600, "output": 120,
                          "output_reasoning_tokens": 80, "total": 1150},
        "cost_details": {"total": Decimal("0.00125")}, "total_cost": Decimal("0.00125"),
        "input": json.dumps([{"role": "user", "content": "Why?"}]),
        "output": json.dumps({"role": "assistant", "content": "So."}),
        "metadata": {"route": "fast"},
    }  # fmt: skip
    return said | fields


def observation(kind: str, **fields: Any) -> dict[str, Any]:
    said = generation(
        type=kind, usage_details={}, cost_details={}, total_cost=None, provided_model_name=None
    )
    return said | {"prompt_name": None, "prompt_version": None} | fields


def trace(**fields: Any) -> dict[str, Any]:
    said = {
        "id": "t-1",
        "timestamp": "2026-03-01 10:00:00.200000",
        "name": "chat",
        "project_id": "p-1",
        "environment": "production",
        "user_id": "ana",
        "session_id": "s-1",
        "release": "r7",
        "version": "2",
        "tags": ["beta"],
        "public": False,
        "bookmarked": False,
        "input": "Why?",
        "output": "So.",
        "metadata": {},
    }
    return said | fields


def score(**fields: Any) -> dict[str, Any]:
    said = {
        "id": "sc-1", "timestamp": "2026-03-01 10:05:00.000000", "project_id": "p-1", "trace_id": "t-1",
        "observation_id": None, "session_id": None, "name": "faithfulness", "value": Decimal("0.75"),
        "source": "EVAL", "data_type": "NUMERIC", "string_value": None, "comment": "because",
        "config_id": "c-9",
    }  # fmt: skip
    return said | fields


def said(record: Any) -> dict[str, dict[str, Any]]:
    made = lines(record)
    assert made is not None
    return {line["kind"]: line for line in made}


def test_a_generation_tells_its_turn_and_costs() -> None:
    found = said(generation())
    query, cost = found["query"], found["cost"]
    assert (query["event_id"], query["query_id"], cost["query_id"]) == ("o-1", "t-1", "t-1")
    assert (query["ts"], query["latency_ms"], query["first_token_ms"]) == (
        "2026-03-01T10:00:00.250000+00:00", 1500.0, 400.0,
    )  # fmt: skip
    assert (query["prompt_name"], query["prompt_version"], query["model"]) == ("answer", "3", "gpt-4o")
    assert (query["query_text"], query["response_text"], query["context_tokens"]) == (
        "Why?",
        "So.",
        950,
    )
    assert query["attributes"]["metadata.route"] == "fast"
    tokens = {name: value for name, value in cost.items() if name.endswith("_tokens")}
    assert tokens == {"input_tokens": 350, "cache_read_tokens": 600, "output_tokens": 120,
                      "reasoning_tokens": 80}  # fmt: skip
    assert cost["reported_cost"] == "0.00125"


@pytest.mark.parametrize(
    ("details", "tokens"),
    [
        # By its total it holds its parts.
        (
            {
                "input": 950,
                "input_cached_tokens": 600,
                "output": 200,
                "output_reasoning_tokens": 80,
                "total": 1150,
            },
            {
                "input_tokens": 350,
                "cache_read_tokens": 600,
                "output_tokens": 120,
                "reasoning_tokens": 80,
            },
        ),
        # 64 bits as text, as ClickHouse writes them.
        (
            {"input": "350", "output": "120", "total": "470"},
            {"input_tokens": 350, "output_tokens": 120},
        ),
        (
            {
                "input": 5,
                "cache_read_input_tokens": 3,
                "input_cache_creation_5m": 4,
                "input_cache_creation_1h": 2,
                "output": 1,
            },
            {
                "input_tokens": 5,
                "cache_read_tokens": 3,
                "cache_write_tokens": 4,
                "cache_write_1h_tokens": 2,
                "output_tokens": 1,
            },
        ),
        # A kind that nobody knew is billed with its side, and reported.
        ({"input": 5, "input_dream_tokens": 2, "output": 1}, {"input_tokens": 7, "output_tokens": 1}),
        # Where its sides are the total, what nobody knew is within them.
        (
            {"input": 5, "input_dream_tokens": 2, "output": 1, "total": 6},
            {"input_tokens": 5, "output_tokens": 1},
        ),
        (
            {"input": 5, "input_dream_tokens": 2, "output": 1, "total": 8},
            {"input_tokens": 7, "output_tokens": 1},
        ),
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 50,
                "total_tokens": 150,
                "prompt_tokens_details": {"cached_tokens": 60},
                "completion_tokens_details": {"accepted_prediction_tokens": 20, "reasoning_tokens": 10},
            },
            {"input_tokens": 40, "cache_read_tokens": 60, "output_tokens": 40, "reasoning_tokens": 10},
        ),
        ({"input": -1, "output": 1}, {"input_tokens": -1, "output_tokens": 1}),
        # Of a span, by the names of its convention: held by the sides, with and without their total.
        (
            {"input": 100, "output": 20, "total": 120, "prompt_details.cache_read": 60},
            {"input_tokens": 40, "cache_read_tokens": 60, "output_tokens": 20},
        ),
        (
            {"input": 100, "total": 120, "prompt_details.cache_read": 60},
            {"input_tokens": 40, "cache_read_tokens": 60},
        ),
        (
            {
                "input": 100,
                "output": 20,
                "cache_read.input_tokens": 50,
                "details.cache_read_tokens": 50,
                "cache_creation.input_tokens": 10,
                "reasoning.output_tokens": 5,
            },
            {
                "input_tokens": 40,
                "cache_read_tokens": 50,
                "cache_write_tokens": 10,
                "output_tokens": 15,
                "reasoning_tokens": 5,
            },
        ),
        (
            {"input": 100, "input_tokens.cached": 60, "output": 20, "completion_details.reasoning": 5},
            {"input_tokens": 40, "cache_read_tokens": 60, "output_tokens": 15, "reasoning_tokens": 5},
        ),
        # Apart from them: by the total, or since they are more.
        (
            {"input": 100, "output": 20, "total": 180, "prompt_details.cache_read": 60},
            {"input_tokens": 100, "cache_read_tokens": 60, "output_tokens": 20},
        ),
        (
            {"input": 40, "output": 20, "cache_read.input_tokens": 60},
            {"input_tokens": 40, "cache_read_tokens": 60, "output_tokens": 20},
        ),
        # Google's by modality, through LangChain: the input may hold the cached ones, or not.
        (
            {
                "input": 0,
                "output": 0,
                "total": 120,
                "input_modality_TEXT": 60,
                "output_modality_TEXT": 20,
                "cached_modality_TEXT": 30,
                "cached_modality_IMAGE": 10,
            },
            {"input_tokens": 60, "cache_read_tokens": 40, "output_tokens": 20},
        ),
        (
            {
                "input": 0,
                "output": 0,
                "total": 120,
                "input_modality_TEXT": 100,
                "output_modality_TEXT": 20,
                "cached_modality_TEXT": 40,
            },
            {"input_tokens": 60, "cache_read_tokens": 40, "output_tokens": 20},
        ),
        # Taken out already, whatever else the total counts.
        (
            {
                "input": 0,
                "output": 0,
                "total": 130,
                "input_modality_TEXT": 60,
                "output_modality_TEXT": 20,
                "cached_modality_TEXT": 40,
            },
            {"input_tokens": 60, "cache_read_tokens": 40, "output_tokens": 20},
        ),
        # Anthropic's by how long they are kept, and OpenAI's by tier.
        (
            {
                "input": 100,
                "output": 20,
                "total": 1420,
                "input_cache_read": 500,
                "input_cache_creation": 0,
                "input_ephemeral_5m_input_tokens": 300,
                "input_ephemeral_1h_input_tokens": 500,
            },
            {
                "input_tokens": 100,
                "cache_read_tokens": 500,
                "cache_write_tokens": 300,
                "cache_write_1h_tokens": 500,
                "output_tokens": 20,
            },
        ),
        (
            {
                "input": 0,
                "output": 0,
                "total": 120,
                "input_flex": 60,
                "input_flex_cache_read": 40,
                "output_flex": 20,
            },
            {"input_tokens": 60, "cache_read_tokens": 40, "output_tokens": 20},
        ),
    ],
)
def test_each_token_is_counted_once(details: dict[str, Any], tokens: dict[str, int]) -> None:
    found = said(generation(usage_details=details))
    assert {name: value for name, value in found["cost"].items() if name.endswith("_tokens")} == tokens
    unknown = found["query"]["attributes"].get("unknown", {})
    assert ("usage_details.input_dream_tokens" in unknown) is ("input_dream_tokens" in details)


@pytest.mark.parametrize(
    ("fields", "cost"),
    [
        ({"cost_details": {}, "total_cost": 0}, None),
        ({"cost_details": None, "total_cost": "0"}, None),
        ({"cost_details": {"input": 0}, "total_cost": Decimal("0E-12")}, None),
        ({"cost_details": {"total": 0}, "total_cost": 0}, "0"),
        ({"cost_details": {}, "total_cost": Decimal("0.5")}, "0.5"),
    ],
)
def test_what_nobody_priced_is_not_free(fields: dict[str, Any], cost: str | None) -> None:
    """Prevents that a model without a price in Langfuse costs 0 here, and no price is looked for."""
    assert said(generation(**fields))["cost"].get("reported_cost") == cost


def test_tables_of_version_2_say_the_same() -> None:
    row = {
        "observation": {
            "id": "o-1",
            "trace_id": "t-1",
            "project_id": "p-1",
            "type": "GENERATION",
            "name": "answer",
            "start_time": "2026-03-01T10:00:00.25",
            "end_time": "2026-03-01T10:00:01.75",
            "level": "DEFAULT",
            "model": "gpt-4o",
            "prompt_tokens": 950,
            "completion_tokens": 200,
            "total_tokens": 1150,
            "unit": "TOKENS",
            "calculated_total_cost": Decimal("0.00125"),
            "parent_observation_id": None,
            "modelParameters": {"temperature": 1},
        },
        "trace": {"id": "t-1", "user_id": "ana", "session_id": "s-1", "name": "chat", "tags": ["beta"]},
        "prompt": {"name": "answer", "version": 3},
    }
    query, cost = said(row)["query"], said(row)["cost"]
    assert (query["user_id"], query["session_id"], query["prompt_version"]) == ("ana", "s-1", "3")
    assert (cost["input_tokens"], cost["output_tokens"], cost["reported_cost"]) == (950, 200, "0.00125")
    assert query["attributes"]["model_parameters"] == {"temperature": 1}


def test_names_of_the_api_are_the_same_names() -> None:
    spoken = {
        "id": "o-1",
        "traceId": "t-1",
        "type": "GENERATION",
        "startTime": "2026-03-01T10:00:00Z",
        "endTime": "2026-03-01T10:00:01Z",
        "model": "m",
        "usageDetails": {"input": 1, "output": 2},
    }
    assert said(spoken)["cost"]["output_tokens"] == 2


def test_a_trace_says_who_and_what_but_no_end() -> None:
    query = said(trace())["query"]
    assert query["query_id"] == query["trace_id"] == "t-1"
    assert (query["user_id"], query["session_id"], query["feature"]) == ("ana", "s-1", "chat")
    assert "latency_ms" not in query
    assert query["attributes"] == {"tags": ["beta"], "bookmarked": False, "version": "2"}


def test_what_hangs_on_the_row_that_stands_for_the_trace_is_the_root() -> None:
    """Prevents that a turn which failed after 3 s is a good one of the second that its call took."""
    at = {"start_time": "2026-03-01 10:00:00.000000", "parent_observation_id": "t-t-1"}
    failed = {"level": "ERROR", "end_time": "2026-03-01 10:00:03.000000"}
    assert set(said(observation("AGENT", **at, **failed))) == {"query"}
    root = said(observation("AGENT", **at, **failed))["query"]
    assert (root["status"], root["latency_ms"], root["query_id"]) == ("error", 3000, "t-1")
    # The row itself says who asked, and is around nothing, also where it has an end.
    row = observation("SPAN", id="t-t-1", parent_observation_id="", name="chat", user_id="ana")
    query = said(row)["query"]
    assert (query["query_id"], query["user_id"], query["feature"]) == ("t-1", "ana", "chat")
    assert query["query_text"] == "Why?"
    assert not {"latency_ms", "operation"} & set(query)


@pytest.mark.parametrize(
    ("record", "kinds"),
    [
        (observation("SPAN", parent_observation_id=None), {"query"}),
        (observation("SPAN"), set()),
        (observation("EVENT"), set()),
        (observation("AGENT"), {"tool"}),
        (observation("TOOL"), {"tool"}),
        (generation(type="EMBEDDING"), {"cost"}),
        (generation(type="EVALUATOR"), {"cost"}),
        (generation(usage_details={}, cost_details={}, total_cost=None), {"query"}),
    ],
)
def test_what_an_observation_becomes(record: dict[str, Any], kinds: set[str]) -> None:
    assert set(said(record)) == kinds


@pytest.mark.parametrize(
    ("environment", "call_type"),
    [
        ("langfuse-llm-as-a-judge", "judge"),
        ("langfuse-code-eval", "judge"),
        ("langfuse-prompt-experiment", "generation"),
        ("langfuse-in-app-agent", "generation"),
        ("sdk-experiment", "generation"),
    ],
)
def test_what_no_user_asked_costs_and_is_no_query(environment: str, call_type: str) -> None:
    """Prevents that Langfuse's judges and experiments are counted as questions of users."""
    where = {"environment": environment, "parent_observation_id": None}
    (cost,) = lines(generation(**where)) or []
    assert (cost["kind"], cost["call_type"], cost["input_tokens"]) == ("cost", call_type, 350)
    assert "query_id" not in cost
    assert cost["attributes"]["metadata.route"] == "fast"
    for row in (trace(**where), observation("SPAN", **where), observation("TOOL", **where)):
        assert lines(row) == []
    assert [line["kind"] for line in lines(score(environment=environment)) or []] == ["evaluation"]
    assert set(said(generation(environment="our-langfuse"))) == {"query", "cost"}


def test_errors_and_their_words() -> None:
    query = said(generation(level="ERROR", status_message="timeout: geheim"))["query"]
    assert query["status"] == "error"
    assert query["error_message"] == "timeout: geheim"
    assert "geheim" not in json.dumps(query["attributes"])


def test_a_retriever_names_its_passages() -> None:
    found = json.dumps(
        [{"page_content": "text", "metadata": {"id": "d-1", "score": 0.5}}, {"id": "d-2"}]
    )
    retrieval = said(observation("RETRIEVER", output=found, input="why"))["retrieval"]
    assert (retrieval["result_count"], retrieval["query_text"]) == (2, "why")
    assert [one["doc_id"] for one in retrieval["documents"]] == ["d-1", "d-2"]
    assert said(observation("RETRIEVER", output="[]"))["retrieval"]["result_count"] == 0


def test_a_guardrail_without_a_verdict_is_refused_not_passed() -> None:
    assert said(observation("GUARDRAIL", output='{"passed": false}'))["guardrail"]["verdict"] == "block"
    assert "verdict" not in said(observation("GUARDRAIL", output="hm"))["guardrail"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {},
            {
                "kind": "evaluation",
                "target_id": "t-1",
                "evaluator": "faithfulness",
                "evaluator_version": "c-9",
                "metrics": {"faithfulness": Decimal("0.75")},
            },
        ),
        ({"source": "ANNOTATION", "name": "user-feedback", "value": 1}, {"kind": "evaluation"}),
        (
            {"data_type": "CATEGORICAL", "string_value": "good", "value": None},
            {"kind": "evaluation", "label": "good", "metrics": {}},
        ),
        (
            {"trace_id": None, "session_id": "s-1"},
            {"kind": "evaluation", "target_type": "session", "target_id": "s-1"},
        ),
        (
            {"source": "API", "name": "user-feedback", "value": 1},
            {"kind": "feedback", "type": "thumb", "value": 1, "query_id": "t-1", "comment": "because"},
        ),
        ({"source": "API", "name": "user_feedback", "value": 0}, {"type": "thumb", "value": -1}),
        ({"source": "API", "name": "thumbs", "value": -1}, {"type": "thumb", "value": -1}),
        ({"source": "API", "name": "star rating", "value": 1}, {"type": "stars", "value": 1}),
        ({"source": "API", "name": "feedback", "value": 4}, {"type": "stars", "value": 4}),
        (
            {"source": "API", "name": "user-reason", "value": None, "string_value": "wrong"},
            {"type": "text", "reasons": ["wrong"]},
        ),
        ({"source": "API", "name": "answer_relevance"}, {"kind": "evaluation"}),
        (
            {"source": "API", "name": "rating", "value": 1, "data_type": "BOOLEAN"},
            {"type": "thumb", "value": 1},
        ),
        (
            {"source": "API", "name": "stars", "value": 0, "data_type": "BOOLEAN"},
            {"type": "thumb", "value": -1},
        ),
        (
            {"source": "API", "name": "user-satisfaction", "value": Decimal("0.9")},
            {"kind": "evaluation", "metrics": {"user-satisfaction": Decimal("0.9")}},
        ),
        (
            {"source": "API", "name": "rating", "value": Decimal("0.5")},
            {"kind": "evaluation", "metrics": {"rating": Decimal("0.5")}},
        ),
    ],
)
def test_what_a_score_is(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    (line,) = lines(score(**fields)) or []
    assert {name: line.get(name) for name in expected} == expected


ROWS = [trace(), generation(), observation("SPAN", parent_observation_id=None, id="o-0"), score()]


@pytest.mark.parametrize("form", ["lines", "array", "pretty", "parquet"])
def test_every_form_of_an_export_lands_the_same(tmp_path: Path, form: str) -> None:
    for row in ROWS:
        path = tmp_path / "rows.json"
        spelled = json.dumps(row, default=float)
        if form == "parquet":
            plain = {
                name: None if value in ({}, []) else value
                for name, value in json.loads(spelled).items()
            }
            pq.write_table(pa.Table.from_pylist([plain]), path)
        else:
            path.write_text({"lines": spelled + "\n", "array": f"[{spelled}]",
                             "pretty": json.dumps([row], default=float, indent=2)}[form])  # fmt: skip
        (item,) = read_file(path, Limits())
        assert isinstance(item, Slice)
        parsed = parse(item, Limits())
        assert parsed.refused == []
        assert [type(event).__name__.lower() for event in parsed.events] == [
            line["kind"] for line in lines(row) or []
        ]


BAD = [
    (generation(start_time="yesterday"), "BAD_VALUE", "$.ts"),
    (generation(start_time="1970-01-01 00:00:00"), "TIME_WINDOW", "$.ts"),
    (generation(usage_details={"input": -1}), "RANGE", "$.input_tokens"),
    (generation(usage_details={"input": "many"}), "BAD_TYPE", "$.input_tokens"),
    (generation(total_cost="dear"), "BAD_VALUE", "$.reported_cost"),
    (generation(provided_model_name=None), "MISSING_FIELD", "$.model"),
    (generation(user_id={"a": 1}), "BAD_TYPE", "$.user_id"),
    (score(value=None), None, None),
    (score(source="API", name="rating", value=9), "RANGE", "$.value"),
]


@pytest.mark.parametrize(("record", "reason", "path"), BAD)
def test_a_wrong_value_is_refused_with_its_place(
    tmp_path: Path, record: dict[str, Any], reason: str | None, path: str | None
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(
        "".join(json.dumps(row, default=float) + "\n" for row in (trace(), record, score()))
    )
    (item,) = read_file(file, Limits(), LANGFUSE)
    assert isinstance(item, Slice)
    parsed = parse(item, Limits())
    refused = {(one.reason.value, one.path) for _, one in parsed.refused}
    assert refused >= ({(reason, path)} if reason else set())
    assert {event.event_id for event in parsed.events} >= {"t-1", "sc-1"}


def test_parquet_as_clickhouse_writes_it(tmp_path: Path) -> None:
    """Maps, 64 bits without a sign, decimals, times without a zone."""
    at = [dt.datetime(2026, 3, 1, 10, 0, 0, 250_000), dt.datetime(2026, 3, 1, 10, 0, 1, 750_000)]  # noqa: DTZ001
    usage = [("input", 350), ("output", 120), ("input_cached_tokens", 600), ("total", 1070)]
    table = pa.table(
        {
            "id": ["o-1"], "trace_id": ["t-1"], "project_id": ["p"], "type": ["GENERATION"],
            "start_time": pa.array(at[:1], pa.timestamp("ms")),
            "end_time": pa.array(at[1:], pa.timestamp("ms")),
            "provided_model_name": ["gpt-4o"],
            "usage_details": pa.array([usage], pa.map_(pa.string(), pa.uint64())),
            "cost_details": pa.array([[("total", Decimal("0.00125"))]],
                                     pa.map_(pa.string(), pa.decimal128(18, 12))),
            "tags": pa.array([["beta"]], pa.list_(pa.string())),
        }
    )  # fmt: skip
    pq.write_table(table, tmp_path / "observations.parquet")
    (item,) = read_file(tmp_path / "observations.parquet", Limits())
    assert isinstance(item, Slice)
    query, cost = (json.loads(line, parse_float=Decimal) for line in item.lines)
    assert (query["latency_ms"], query["attributes"]["tags"]) == (1500, ["beta"])
    assert (cost["input_tokens"], cost["cache_read_tokens"], cost["output_tokens"]) == (350, 600, 120)
    assert Decimal(cost["reported_cost"]) == Decimal("0.00125")
    assert parse(item, Limits()).refused == []


def span(**attributes: Any) -> dict[str, Any]:
    """As the SDK exports it, in OTLP's JSON."""
    said = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "m",
        "langfuse.observation.usage_details": json.dumps(
            {
                "prompt_tokens": 100,
                "completion_tokens": 20,
                "total_tokens": 120,
                "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": None},
                "completion_tokens_details": {"reasoning_tokens": 5},
            }
        ),
        "langfuse.observation.input": json.dumps([{"role": "user", "content": "Why?"}]),
        "langfuse.observation.completion_start_time": '"2026-03-01T10:00:00.400000Z"',
        "langfuse.observation.metadata.tier": '"gold"',
        "langfuse.internal.is_app_root": "true",
        "user.id": "ana",
    } | attributes
    pairs = [{"key": name, "value": {"stringValue": value}} for name, value in said.items()]
    return {
        "traceId": "A" * 32,
        "spanId": "b" * 16,
        "name": "answer",
        "startTimeUnixNano": "1772359200000000000",
        "endTimeUnixNano": "1772359201500000000",
        "attributes": pairs,
    }


def request(*spans: dict[str, Any], **resource: str) -> dict[str, Any]:
    told = [{"key": name, "value": {"stringValue": value}} for name, value in resource.items()]
    return {
        "resourceSpans": [{"resource": {"attributes": told}, "scopeSpans": [{"spans": list(spans)}]}]
    }


def from_sdk(*spans: dict[str, Any], **resource: str) -> list[dict[str, Any]]:
    made = OTLP_JSON.translate(json.dumps(request(*spans, **resource)).encode(), Limits())
    return [json.loads(line) for line in (made or b"").splitlines()]


def test_a_span_of_the_sdk_is_the_observation_of_an_export() -> None:
    """Tokens within tokens, strings that are JSON again, ids in capitals."""
    query, cost = from_sdk(span(), **{"assay.workspace": "lab", "langfuse.release": "7"})
    assert (query["source"], query["workspace"], query["release"]) == ("langfuse", "lab", "7")
    assert (query["event_id"], query["query_id"]) == ("b" * 16, "a" * 32)
    assert (query["latency_ms"], query["first_token_ms"], query["query_text"]) == (1500, 400, "Why?")
    assert query["attributes"] == {"metadata.tier": "gold"}
    tokens = {name: value for name, value in cost.items() if name.endswith("_tokens")}
    assert tokens == {"input_tokens": 40, "cache_read_tokens": 60, "output_tokens": 15,
                      "reasoning_tokens": 5}  # fmt: skip


SENTENCE = "My name is Ana"


def test_metadata_keeps_words_and_neither_texts_nor_people() -> None:
    """Prevents that what an integration puts there is a second vault: nested, packed, or of a span."""
    metadata = {
        "tier": "gold", "retries": 2, "question": SENTENCE, "user_id": "ana-1",
        "reply_to": "ana@example.com",
        "attributes": {"gen_ai.prompt": SENTENCE, "user.id": 4711, "route": "fast"},
    }  # fmt: skip
    for packed in (metadata, json.dumps(metadata)):
        kept = said(generation(metadata=packed))["query"]["attributes"]
        assert (kept["metadata.tier"], kept["metadata.retries"]) == ("gold", 2)
        assert kept["metadata.attributes"]["route"] == "fast"
        assert not [word for word in ("Ana", "ana-1", "ana@", "4711") if word in json.dumps(kept)]
    mine = {"app.question": SENTENCE, "user.email": "ana@example.com", "app.word": "Scheidung",
            "langfuse.trace.metadata": json.dumps(metadata), "langfuse.dream": SENTENCE}  # fmt: skip
    query, _ = from_sdk(span(**mine))
    kept = json.dumps(query["attributes"])
    assert not [word for word in ("Ana", "ana-1", "ana@", "Scheidung") if word in kept]


def test_what_a_tool_returned_is_nobodys_question() -> None:
    """As Anthropic has it: a result comes as a message of the user's."""
    turn = [
        {"role": "user", "content": "Fix the bug"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "cat", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "content": "root:x:0:0"}]},
    ]
    for asked in (turn, {"messages": turn}, json.dumps(turn)):
        assert said(generation(input=asked))["query"]["query_text"] == "Fix the bug"
    assert "query_text" not in said(generation(input=turn[2:]))["query"]
    thought = [{"type": "thinking", "content": "Hm."}, {"type": "text", "text": "So."}]
    assert said(generation(output={"content": thought}))["query"]["response_text"] == "So."


def test_an_attribute_of_somebodys_own_is_no_field() -> None:
    """One that is called `id` made another observation of it."""
    query, _ = from_sdk(span(id="7", type="SPAN", name="mine", **{"langfuse.dream": "x"}))
    assert (query["event_id"], query["operation"]) == ("b" * 16, "generation")
    assert query["attributes"]["metadata.id"] == {"characters": 1}
    assert query["attributes"]["unknown"] == {"langfuse.dream": "x"}


def test_a_call_that_failed_before_it_used_anything_costs_nothing() -> None:
    failed = {
        "langfuse.observation.level": "ERROR",
        "langfuse.observation.usage_details": "{}",
        "langfuse.observation.cost_details": '{"input":0,"output":0,"total":0}',
    }
    (query,) = from_sdk(span(**failed))
    assert query["status"] == "error"


def test_a_span_of_the_sdk_that_says_something_twice_is_kept_and_refused() -> None:
    odd = span()
    odd["attributes"].append({"key": "user.id", "value": {"stringValue": "ben"}})
    kept, *rest = from_sdk(odd, span())
    assert (kept["kind"], [line["kind"] for line in rest]) == ("otlp_span", ["query", "cost"])


@pytest.mark.parametrize(
    ("request_", "kinds"),
    [
        ([{"id": "1", "traceId": "t", "name": "user-feedback", "value": 1.0, "dataType": "BOOLEAN",
           "timestamp": "2026-03-01T10:00:00Z"}], ["feedback"]),
        ([{"id": "1", "traceId": "t", "name": "tone", "value": "rude",
           "timestamp": "2026-03-01T10:00:00Z"}], ["evaluation"]),
        ({"batch": [{"type": "score-create", "timestamp": "2026-03-01T10:00:00Z",
                     "body": {"id": "1", "traceId": "t", "name": "accuracy", "value": 0.5}},
                    {"type": "trace-create", "body": {"id": "t"}}, 7]},
         ["evaluation", "langfuse_event", "langfuse_event"]),
    ],
)  # fmt: skip
def test_scores_that_an_sdk_posts(request_: Any, kinds: list[str]) -> None:
    """What is no score is refused and kept: nothing that was sent is lost without a word."""
    made = posted(json.loads(json.dumps(request_), parse_float=Decimal)) or []
    assert [line["kind"] for line in made] == kinds
    assert all(line.get("ts") for line in made if line["kind"] != "langfuse_event")


def test_a_score_that_is_refused_takes_along_what_was_posted() -> None:
    odd = {"traceId": "t", "name": "tone", "value": 0.5, "timestamp": "2026-03-01T10:00:00Z"}
    (refused,) = (POSTED.translate(json.dumps([odd]).encode(), Limits()) or b"").splitlines()
    assert json.loads(refused)["came_as"] == {"source": "langfuse scores", "record": [odd]}
    assert made_anew(refused, Limits()) == [refused]
    mended = refused.replace(b'{"traceId"', b'{"id":"1","traceId"')
    (line,) = made_anew(mended, Limits())
    assert (json.loads(line)["event_id"], b"came_as" in line) == ("1", False)


def test_what_is_no_list_of_scores_is_none() -> None:
    assert posted({"batch": 1}) is posted("x") is None
