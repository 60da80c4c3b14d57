"""LiteLLM's own records as lines: tokens apart, cache hits without a bill, errors with their class."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice, parse
from orchestration.landing.reader import read_file
from orchestration.sources.litellm import LITELLM, lines

START = Decimal("1772359200.250000")
USAGE = {
    "prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200,
    "prompt_tokens_details": {"cached_tokens": 600, "audio_tokens": 50},
    "completion_tokens_details": {"reasoning_tokens": 80, "audio_tokens": 20},
}  # fmt: skip
ANTHROPIC = {
    "prompt_tokens": 1000,
    "completion_tokens": 200,
    "total_tokens": 1200,
    "cache_read_input_tokens": 300,
    "cache_creation_input_tokens": 500,
    "prompt_tokens_details": {
        "cached_tokens": 300,
        "cache_creation_tokens": 500,
        "cache_creation_token_details": {
            "ephemeral_5m_input_tokens": 400,
            "ephemeral_1h_input_tokens": 100,
        },
    },
}


def payload(**fields: Any) -> dict[str, Any]:
    usage = fields.pop("usage", USAGE)
    said: dict[str, Any] = {
        "id": "call-1",
        "trace_id": "t-1",
        "session_id": "s-1",
        "call_type": "acompletion",
        "status": "success",
        "custom_llm_provider": "openai",
        "model": "gpt-4o",
        "model_group": "best",
        "prompt_tokens": usage.get("prompt_tokens", 0),
        "completion_tokens": usage.get("completion_tokens", 0),
        "total_tokens": usage.get("total_tokens", 0),
        "startTime": START,
        "endTime": START + Decimal("1.5"),
        "completionStartTime": START + Decimal("0.4"),
        "response_cost": Decimal("2.9999999999999997e-05"),
        "cache_hit": False,
        "end_user": "ana",
        "request_tags": ["beta"],
        "api_base": "https://api.example",
        "model_parameters": {},
        "model_map_information": {
            "model_map_value": {"max_input_tokens": 128000, "input_cost_per_token": 1}
        },
        "metadata": {"usage_object": usage, "user_api_key_team_id": "team-a", "user_api_key_hash": "k"},
        "messages": [
            {"role": "user", "content": "first"},
            {"role": "user", "content": [{"type": "text", "text": "Why?"}, {"type": "image_url"}]},
        ],
        "response": {
            "choices": [
                {"finish_reason": "stop", "message": {"content": "So.", "tool_calls": [{}, {}]}}
            ]
        },
    }
    return said | fields


def row(**fields: Any) -> dict[str, Any]:
    """Of the table: the same call, as its columns say it."""
    said: dict[str, Any] = {
        "request_id": "call-1",
        "call_type": "acompletion",
        "api_key": "hash",
        "spend": Decimal("0.00003"),
        "total_tokens": 1200,
        "prompt_tokens": 1000,
        "completion_tokens": 200,
        "startTime": "2026-03-01T10:00:00.25",
        "endTime": "2026-03-01T10:00:01.75",
        "completionStartTime": "2026-03-01T10:00:00.65",
        "model": "gpt-4o",
        "model_group": "best",
        "custom_llm_provider": "openai",
        "user": "key-owner",
        "end_user": "ana",
        "cache_hit": "False",
        "request_tags": ["beta"],
        "team_id": "team-a",
        "session_id": "s-1",
        "status": "success",
        "metadata": {"usage_object": USAGE},
        "messages": {},
        "response": {},
        "proxy_server_request": {},
    }
    return said | fields


def said(record: Any) -> dict[str, dict[str, Any]]:
    made = lines(record)
    assert made is not None
    return {line["kind"]: line for line in made}


TOKENS = [
    (
        USAGE,
        {
            "input_tokens": 350,
            "cache_read_tokens": 600,
            "audio_input_tokens": 50,
            "output_tokens": 100,
            "reasoning_tokens": 80,
            "audio_output_tokens": 20,
        },
    ),
    (
        ANTHROPIC,
        {
            "input_tokens": 200,
            "cache_read_tokens": 300,
            "cache_write_tokens": 400,
            "cache_write_1h_tokens": 100,
            "output_tokens": 200,
        },
    ),
    (
        {"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9},
        {"input_tokens": 9, "output_tokens": 0},
    ),
    # Images may have been cached as well: as many are fresh as the rest leaves.
    (
        {
            "prompt_tokens": 9660,
            "completion_tokens": 50,
            "total_tokens": 9710,
            "prompt_tokens_details": {"cached_tokens": 9651, "image_tokens": 258},
        },
        {
            "input_tokens": 0,
            "cache_read_tokens": 9651,
            "image_input_tokens": 9,
            "output_tokens": 50,
        },
    ),
    # An old version, whose prompt tokens left the cache out.
    (
        {
            "prompt_tokens": 31,
            "completion_tokens": 4,
            "total_tokens": 35,
            "cache_creation_input_tokens": 1253,
        },
        {"input_tokens": 31, "cache_write_tokens": 1253, "output_tokens": 4},
    ),
]


@pytest.mark.parametrize(("usage", "tokens"), TOKENS)
@pytest.mark.parametrize("make", [payload, row])
def test_each_token_is_counted_once(make: Any, usage: dict[str, Any], tokens: dict[str, int]) -> None:
    fields = {name: usage[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")}
    cost = said(make(**fields, metadata={"usage_object": usage}))["cost"]
    assert {name: value for name, value in cost.items() if name.endswith("_tokens")} == tokens


def test_an_older_table_says_its_parts_elsewhere() -> None:
    """Prevents that tokens which were read from a cache are billed as fresh ones."""
    parts = {"prompt_tokens_details": {"cached_tokens": 600}, "cache_read_input_tokens": 600}
    cost = said(row(metadata={"additional_usage_values": parts}))["cost"]
    assert (cost["input_tokens"], cost["cache_read_tokens"]) == (400, 600)
    both = {"usage_object": USAGE, "additional_usage_values": {"cache_read_input_tokens": 1}}
    assert said(row(metadata=both))["cost"]["cache_read_tokens"] == 600
    told = {"metadata": {"additional_usage_values": {}}, "response": {"usage": parts}}
    assert said(row(**told))["cost"]["cache_read_tokens"] == 600


@pytest.mark.parametrize("make", [payload, row])
def test_a_call_is_a_query_and_its_cost(make: Any) -> None:
    found = said(make())
    assert set(found) == {"query", "cost"}
    query, cost = found["query"], found["cost"]
    assert query["event_id"] == cost["event_id"] == cost["query_id"] == "call-1"
    assert query["ts"] == "2026-03-01T10:00:00.250000+00:00"
    assert (query["latency_ms"], query["first_token_ms"]) == (1500.0, 400.0)
    assert (query["user_id"], query["session_id"], query["workspace"]) == ("ana", "s-1", "team-a")
    assert (query["provider"], query["model"], query["model_requested"]) == ("openai", "gpt-4o", "best")
    assert query["cache_hit"] is False
    assert query["attributes"]["request_tags"] == ["beta"]
    assert Decimal(cost["reported_cost"]).quantize(Decimal("1e-12")) == Decimal("0.00003")


def test_texts_are_texts_and_secrets_stay_away() -> None:
    query = said(payload())["query"]
    assert (query["query_text"], query["response_text"]) == ("Why?", "So.")
    assert (query["attachments"], query["tool_calls"], query["finish_reason"]) == (1, 2, "stop")
    assert query["context_limit_tokens"] == 128000
    spelled = json.dumps(query["attributes"])
    assert "Why" not in spelled
    assert "hash" not in spelled
    assert "api.example" not in spelled


def test_what_a_tool_returned_is_nobodys_question_and_no_attachment() -> None:
    turn = [
        {"role": "user", "content": [{"type": "text", "text": "Fix the bug"}, {"type": "image_url"}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "cat", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "content": "root:x:0:0"}]},
    ]
    query = said(payload(messages=turn))["query"]
    assert (query["query_text"], query["attachments"]) == ("Fix the bug", 1)
    more = [{"type": "tool_result", "content": "root:x:0:0"}, {"type": "text", "text": "And now?"}]
    query = said(payload(messages=[*turn, {"role": "user", "content": more}]))["query"]
    assert (query["query_text"], query.get("attachments")) == ("And now?", None)


def test_what_a_client_put_into_metadata_keeps_words() -> None:
    own = {"plan": "gold", "question": "My name is Ana", "user_email": "ana@example.com"}
    metadata = {**payload()["metadata"], "requester_metadata": own, "spend_logs_metadata": own,
                "user_api_key_alias": "team a"}  # fmt: skip
    kept = said(payload(metadata=metadata))["query"]["attributes"]
    assert kept["requester_metadata"]["plan"] == kept["spend_logs_metadata"]["plan"] == "gold"
    assert kept["user_api_key_alias"] == "team a"
    assert not [word for word in ("Ana", "ana@") if word in json.dumps(kept)]


@pytest.mark.parametrize("make", [payload, row])
def test_what_failed_says_why_and_is_billed_nothing(make: Any) -> None:
    nothing = dict.fromkeys(
        ("prompt_tokens", "completion_tokens", "total_tokens", "response_cost", "spend"), 0
    )
    error = {"error_class": "RateLimitError", "error_message": "slow down"}
    found = said(make(status="failure", metadata={"error_information": error}, **nothing))
    assert set(found) == {"query"}
    assert found["query"]["status"] == "error"
    assert found["query"]["error_type"] == "RateLimitError"
    assert found["query"]["error_message"] == "slow down"


@pytest.mark.parametrize("hit", [True, "True"])
def test_an_answer_from_the_cache_is_no_billable_call(hit: Any) -> None:
    """LiteLLM repeats the tokens of the first answer: they would be counted, and priced, twice."""
    found = said(payload(cache_hit=hit))
    assert set(found) == {"query"}
    assert found["query"]["cache_hit"] is True


@pytest.mark.parametrize(
    ("fields", "session"),
    [
        ({"session_id": "s-9"}, "s-9"),
        ({"session_id": "", "trace_id": "s-8"}, "s-8"),
        ({"session_id": "", "trace_id": "aa1a53a2-63a8-491d-b074-bb2746dd14e1"}, None),
        ({"session_id": "aa1a53a2-63a8-491d-b074-bb2746dd14e1", "trace_id": "t"}, None),
    ],
)
def test_a_session_that_litellm_made_up_is_none(fields: dict[str, Any], session: str | None) -> None:
    """Each call was a session of its own, and every user had as many of them as questions."""
    assert said(payload(**fields))["query"].get("session_id") == session


@pytest.mark.parametrize(
    ("fields", "cost"),
    [
        ({"response_cost": 0, "response_cost_failure_debug_info": {"model": "our-llama"}}, None),
        ({"response_cost": 0, "response_cost_failure_debug_info": None}, "0"),
        ({"response_cost": 1, "response_cost_failure_debug_info": {"model": "our-llama"}}, "1"),
    ],
)
def test_what_nobody_priced_is_not_free(fields: dict[str, Any], cost: str | None) -> None:
    """Prevents that a model without a price in LiteLLM costs 0 here, and no price is looked for."""
    assert said(payload(**fields))["cost"].get("reported_cost") == cost


UNKNOWN = {"model_map_information": {"model_map_key": "my-finetune", "model_map_value": None}}
KNOWN = {"model_map_information": {"model_map_key": "gpt-4o", "model_map_value": {"key": "gpt-4o"}}}


@pytest.mark.parametrize(
    ("metadata", "spend", "cost"),
    [
        (UNKNOWN, 0, None),
        (json.dumps(UNKNOWN), 0, None),
        (UNKNOWN, Decimal("0.5"), "0.5"),
        (KNOWN, 0, "0"),
        ({"model_map_information": None}, 0, "0"),  # nothing is said
        ({"model_map_information": {}}, 0, "0"),
        (
            {**UNKNOWN, "cost_breakdown": {"input_cost": 0, "total_cost": 0}},
            0,
            "0",
        ),  # by your own price
    ],
)
def test_a_row_without_a_price_is_not_free(metadata: Any, spend: Any, cost: str | None) -> None:
    """A row says it in its metadata, where nobody looked: 1,200 tokens were reported to cost $0."""
    assert said(row(metadata=metadata, spend=spend))["cost"].get("reported_cost") == cost
    unpriced = payload(**UNKNOWN, response_cost=0)
    assert said(unpriced)["cost"].get("reported_cost") is None


def test_a_row_says_in_its_metadata_what_a_payload_says_beside_it() -> None:
    """Windows and tiers were read of payloads alone."""
    tier = {"cost_breakdown": {"service_tier": "flex"}}
    limit = {"model_map_information": {"model_map_value": {"max_input_tokens": 128000}}}
    for record in (payload(**tier), row(metadata={**tier, **limit})):
        found = said(record)
        assert found["query"]["context_limit_tokens"] == 128000
        assert found["cost"]["service_tier"] == "flex"


HEALTH = "litellm-internal-health-check"


@pytest.mark.parametrize(
    "record",
    [
        row(team_id=HEALTH, user="", end_user=""),
        payload(metadata={"user_api_key_team_id": HEALTH}, end_user=None),
        row(team_id=HEALTH, metadata={"guardrail_information": [{"guardrail_status": "success"}]}),
    ],
)
def test_health_checks_of_the_proxy_cost_and_are_no_query(record: dict[str, Any]) -> None:
    """Every few minutes a made-up user asked, in a workspace of its own, and was always answered."""
    found = said(record)
    assert set(found) == {"cost"}
    assert found["cost"]["workspace"] == "default"
    assert "query_id" not in found["cost"]


def test_a_health_check_without_tokens_is_nothing() -> None:
    nothing = dict.fromkeys(("total_tokens", "prompt_tokens", "completion_tokens", "spend"), 0)
    assert lines(row(team_id=HEALTH, **nothing)) == []


def test_embeddings_cost_and_are_no_turn() -> None:
    found = said(payload(call_type="aembedding", completion_tokens=0))
    assert {kind: line.get("call_type") for kind, line in found.items()} == {"cost": "embedding"}


def test_an_anthropic_message_is_a_turn() -> None:
    assert "query" in said(payload(call_type="anthropic_messages"))


def test_guardrails_retrievals_and_tools() -> None:
    check = {"guardrail_name": "pii", "guardrail_provider": "presidio", "guardrail_mode": "pre_call",
             "start_time": START, "end_time": START + Decimal("0.02")}  # fmt: skip
    checks = [
        {**check, "guardrail_status": "success"},
        {**check, "guardrail_status": "success", "masked_entity_count": {"PHONE": 1}},
        {**check, "guardrail_status": "guardrail_intervened"},
        {**check, "guardrail_status": "not_run"},
    ]
    search = {
        "vector_store_id": "kb",
        "query": "why",
        "start_time": START,
        "end_time": START,
        "vector_store_search_response": {
            "data": [{"score": Decimal("0.5"), "file_id": "d-1", "content": [{"text": "because"}]}]
        },
    }
    metadata = {"usage_object": USAGE, "vector_store_request_metadata": [search]}
    made = lines(payload(guardrail_information=checks, metadata=metadata)) or []
    guards = [line for line in made if line["kind"] == "guardrail"]
    assert [line["verdict"] for line in guards] == ["pass", "mask", "block"]
    assert (guards[0]["stage"], guards[0]["latency_ms"]) == ("input", 20.0)
    (retrieval,) = [line for line in made if line["kind"] == "retrieval"]
    assert (retrieval["result_count"], retrieval["data_source"]) == (1, "kb")
    assert retrieval["documents"][0]["doc_id"] == "d-1"
    called = said(
        payload(call_type="call_mcp_tool", metadata={"mcp_tool_call_metadata": {"name": "find"}})
    )
    assert called["tool"]["tool"] == "find"


def test_a_tool_that_costs_is_billed() -> None:
    """An MCP server may have a price for each call: the proxy's budget counts it, and so do we."""
    nothing = dict.fromkeys(("total_tokens", "prompt_tokens", "completion_tokens"), 0)
    for call_type in ("call_mcp_tool", "acall_mcp_tool"):
        paid = payload(call_type=call_type, usage={}, response_cost=Decimal("0.05"), **nothing)
        found = said(paid)
        assert set(found) == {"tool", "cost"}
        assert (found["cost"]["call_type"], found["cost"]["reported_cost"]) == ("tool", "0.05")
    assert set(said(payload(call_type="call_mcp_tool", response_cost=0, usage={}))) == {"tool"}


@pytest.mark.parametrize(
    ("status", "verdict", "expected"),
    [
        ("failure", "guardrail_intervened", "blocked"),
        ("failure", "success", "error"),
        ("success", "guardrail_intervened", "ok"),
    ],
)
def test_what_a_guardrail_stopped_was_blocked(status: str, verdict: str, expected: str) -> None:
    check = [{"guardrail_name": "pii", "guardrail_mode": "pre_call", "guardrail_status": verdict}]
    paid = payload(status=status, guardrail_information=check)
    in_table = row(status=status, metadata={"usage_object": USAGE, "guardrail_information": check})
    for record in (paid, in_table):
        assert said(record)["query"]["status"] == expected


MASTER = "default_user_id"


@pytest.mark.parametrize("said_so", [{"user": MASTER}, {"metadata": {"user_api_key_user_id": MASTER}}])
def test_whoever_has_the_key_of_the_proxy_is_nobody_in_particular(said_so: dict[str, Any]) -> None:
    assert "user_id" not in said(row(end_user="", **{"user": "", **said_so}))["query"]
    assert said(row(end_user="ana", **said_so))["query"]["user_id"] == "ana"


@pytest.mark.parametrize(
    "call_type", ["alist_containers", "create_container", "acreate_skill", "alist_input_items"]
)
def test_what_nobody_asked_is_no_turn(call_type: str) -> None:
    nothing = dict.fromkeys(("total_tokens", "prompt_tokens", "completion_tokens", "spend"), 0)
    assert lines(row(call_type=call_type, **nothing)) == []


def test_a_text_that_litellm_left_out_is_none() -> None:
    word = "redacted-by-litellm"
    answer = {"choices": [{"message": {"content": word}}]}
    for asked in ([{"role": "user", "content": word}], word):
        assert (
            not {"query_text", "response_text"}
            & said(payload(messages=asked, response=answer))["query"].keys()
        )


def test_what_is_not_known_is_kept_and_counted() -> None:
    query = said(payload(brand_new="x", novel="long " * 100))["query"]
    assert query["attributes"]["unknown"] == {"brand_new": "x", "novel": {"characters": 500}}


def test_other_records_are_none_of_ours() -> None:
    assert lines({"kind": "query"}) is None
    assert lines([1]) is None
    assert lines({"standard_logging_object": payload()}) is not None


def written(folder: Path, records: list[Any], form: str) -> Path:
    path = folder / "calls.json"
    spelled = [json.dumps(record, default=float) for record in records]
    path.write_text({"lines": "\n".join(spelled) + "\n", "array": f"[{','.join(spelled)}]",
                     "pretty": json.dumps(records, default=float, indent=1)}[form])  # fmt: skip
    return path


@pytest.mark.parametrize("form", ["lines", "array", "pretty"])
def test_files_are_known_by_themselves(tmp_path: Path, form: str) -> None:
    path = written(tmp_path, [payload(id=f"call-{n}") for n in range(3)], form)
    (item,) = read_file(path, Limits())
    assert isinstance(item, Slice)
    parsed = parse(item, Limits())
    assert (len(parsed.events), parsed.refused) == (6, [])


BAD = [
    ({"startTime": "yesterday"}, "BAD_VALUE", "$.ts"),
    ({"startTime": 0}, "TIME_WINDOW", "$.ts"),
    ({"startTime": START * 1000}, "BAD_TYPE", "$.ts"),
    ({"prompt_tokens": -1}, "RANGE", "$.input_tokens"),
    ({"prompt_tokens": Decimal("1.5")}, "BAD_TYPE", "$.input_tokens"),
    ({"response_cost": "dear"}, "BAD_VALUE", "$.reported_cost"),
    ({"id": None}, "MISSING_FIELD", "$.event_id"),
    ({"status": "maybe"}, "BAD_VALUE", "$.status"),
    ({"end_user": 7}, "BAD_TYPE", "$.user_id"),
    ({"model": "x\0"}, "NUL_BYTE", "$.model"),
]


@pytest.mark.parametrize(("fields", "reason", "path"), BAD)
def test_a_wrong_value_is_refused_with_its_place(
    tmp_path: Path, fields: dict[str, Any], reason: str, path: str
) -> None:
    records = [payload(id="before"), payload(**fields), payload(id="behind")]
    (item,) = read_file(written(tmp_path, records, "lines"), Limits(), LITELLM)
    assert isinstance(item, Slice)
    parsed = parse(item, Limits())
    assert (reason, path) in {(one.reason.value, one.path) for _, one in parsed.refused}
    assert {event.event_id for event in parsed.events} >= {"before", "behind"}


def test_a_failure_in_the_table_has_no_duration() -> None:
    """LiteLLM writes the moment of writing twice; the median would fall with every failure."""
    at = {"startTime": "2026-03-01T10:00:00.250", "endTime": "2026-03-01T10:00:00.251"}
    assert "latency_ms" not in said(row(status="failure", call_type="", **at))["query"]
    assert said(row(**at))["query"]["latency_ms"] == 1
    slow = row(status="failure", startTime=at["startTime"], endTime="2026-03-01T10:00:09.250")
    assert said(slow)["query"]["latency_ms"] == 9000
