"""What spans become: by hand, for each convention, and for whatever a hostile exporter sends."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_spans import (
    CALL,
    FAILED,
    INFERENCE,
    START,
    TRACE,
    attributes,
    logs_message,
    message,
    request,
    span,
    value_of,
)  # fmt: skip

from orchestration.landing.limits import Limits
from orchestration.landing.parse import Parsed, Slice, parse
from orchestration.landing.reader import read_file
from orchestration.landing.slices import Unreadable
from orchestration.sources.again import made_anew
from orchestration.sources.otlp import OTLP_JSON, OTLP_MESSAGE
from orchestration.sources.otlp.protobuf import holds_logs
from orchestration.sources.otlp.reading import CLASSES

LIMITS = Limits()
Line = dict[str, Any]


def lines(*records: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for record in records for line in translated(record).splitlines()]


def translated(record: bytes) -> bytes:
    found = OTLP_JSON.translate(record, LIMITS)
    assert found is not None
    return found


def landed(*records: bytes) -> Parsed:
    content = b"".join(map(translated, records)).removesuffix(b"\n")
    return parse(Slice(1, 0, content), LIMITS)


def the(kind: str, *records: bytes) -> dict[str, Any]:
    (found,) = [line for line in lines(*records) if line["kind"] == kind]
    return found


def without(said: list[Line], name: str) -> list[Line]:
    return [{ours: value for ours, value in line.items() if ours != name} for line in said]


def refusals(*records: bytes) -> list[tuple[str, str]]:
    return [(refused.reason.value, refused.path) for _, refused in landed(*records).refused]


def test_a_call_is_a_query_and_a_cost_whose_tokens_are_apart() -> None:
    """By hand: 100 in, of which 60 were cached: 40. 30 out, of which 10 were reasoning: 20."""
    record = request(span(CALL), resource={"service.name": "shop", "service.version": "7"})
    query, cost = the("query", record), the("cost", record)
    assert query["event_id"] == cost["event_id"] == f"{TRACE}-0000000000000001"
    assert query["query_id"] == cost["query_id"] == TRACE
    assert (query["ts"], query["latency_ms"], query["status"]) == ("2026-03-01T10:00:00Z", 250, "ok")
    assert (query["model_requested"], query["model"], query["provider"]) == (
        "small",
        "small-2026",
        "openai",
    )
    assert (query["source"], query["project"], query["release"]) == ("otel", "shop", "7")
    tokens = {name: count for name, count in cost.items() if name.endswith("_tokens")}
    assert tokens == {
        "input_tokens": 40,
        "cache_read_tokens": 60,
        "output_tokens": 20,
        "reasoning_tokens": 10,
    }
    assert cost["call_type"] == "generation"


NEW = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "aws.bedrock",
    "gen_ai.request.model": "m",
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.usage.output_tokens": 3,
    "gen_ai.conversation.id": "s",
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.input.messages": json.dumps(
        [
            {"role": "system", "parts": [{"type": "text", "content": "Be kind."}]},
            {"role": "user", "parts": [{"type": "text", "content": "Hello?"}]},
        ]
    ),
    "gen_ai.output.messages": json.dumps(
        [{"role": "assistant", "parts": [{"type": "text", "content": "Hi."}]}]
    ),
}
OLD = {
    "gen_ai.operation.name": "chat",
    "gen_ai.system": "aws.bedrock",
    "gen_ai.request.model": "m",
    "gen_ai.usage.prompt_tokens": 12,
    "gen_ai.usage.completion_tokens": 3,
    "session.id": "s",
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.prompt.0.role": "system",
    "gen_ai.prompt.0.content": "Be kind.",
    "gen_ai.prompt.1.role": "user",
    "gen_ai.prompt.1.content": "Hello?",
    "gen_ai.completion.0.content": "Hi.",
}
EVENTS = {
    **{name: value for name, value in NEW.items() if not name.endswith("messages")},
}
SAID_AS_EVENTS = [
    {"name": "gen_ai.user.message", "attributes": attributes({"content": "Hello?"})},
    {"name": "gen_ai.choice", "attributes": attributes({"message": '{"content":"Hi."}'})},
]


@pytest.mark.parametrize(
    ("said", "more"),
    [(NEW, {}), (OLD, {}), (INFERENCE, {}), (EVENTS, {"events": SAID_AS_EVENTS})],
    ids=["new", "old", "openinference", "messages as events"],
)
def test_every_convention_says_the_same(said: dict[str, Any], more: dict[str, Any]) -> None:
    record = request(span(said, **more))
    query, cost = the("query", record), the("cost", record)
    assert (query["query_text"], query["response_text"]) == ("Hello?", "Hi.")
    assert (query["provider"], query["model"], query["session_id"]) == ("aws", "m", "s")
    assert (cost["input_tokens"], cost["output_tokens"], query["finish_reason"]) == (12, 3, "stop")
    assert "unknown" not in query["attributes"]
    assert "Hello" not in json.dumps(query["attributes"])
    assert not landed(record).refused


def test_the_newer_name_holds_where_a_span_has_both() -> None:
    both = {**CALL, "gen_ai.usage.prompt_tokens": 999, "gen_ai.system": "other"}
    assert the("cost", request(span(both))) == the("cost", request(span(CALL)))


def test_tokens_that_are_more_than_their_whole_were_apart_already() -> None:
    said = {**CALL, "gen_ai.usage.input_tokens": 40, "gen_ai.usage.output_tokens": 9}
    cost = the("cost", request(span(said)))
    assert (cost["input_tokens"], cost["cache_read_tokens"]) == (40, 60)
    assert (cost["output_tokens"], cost["reasoning_tokens"]) == (9, 10)


def test_audio_that_was_cached_counts_once() -> None:
    """100 in: 80 cached leave 20, so of 50 audio tokens 20 can have been fresh."""
    said = {**CALL, "gen_ai.usage.cache_read.input_tokens": 80, "gen_ai.usage.audio.input_tokens": 50}
    cost = the("cost", request(span(said)))
    assert [cost[name] for name in ("input_tokens", "cache_read_tokens", "audio_input_tokens")] == [
        0,
        80,
        20,
    ]


@pytest.mark.parametrize(
    ("said", "tier"),
    [("default", "standard"), ("Flex", "flex"), ("on_demand", "standard"), ("auto", None),
     ("scale", "priority"), ("batch", "batch"), ("velvet", None)],
)  # fmt: skip
def test_a_tier_of_nobodys_takes_no_cost_away(said: str, tier: str | None) -> None:
    """Prevents that a word which a provider made up refuses what its calls used."""
    record = request(span({**CALL, "openai.response.service_tier": said}))
    assert the("cost", record).get("service_tier") == tier
    parsed = landed(record)
    assert not parsed.refused
    assert {field for _, _, field in parsed.drift} == ({"service tier"} if said == "velvet" else set())
    assert the("query", record)["attributes"].get("unknown", {}).get("service tier") in (None, said)


def test_a_call_that_failed_is_an_error_and_costs_nothing() -> None:
    said = {name: value for name, value in CALL.items() if "usage" not in name}
    record = request(span({**said, "error.type": "RateLimit"}, status=FAILED))
    assert [line["kind"] for line in lines(record)] == ["query"]
    query = the("query", record)
    assert (query["status"], query["error_type"], query["error_message"]) == (
        "error",
        "RateLimit",
        "it broke",
    )
    gone = span({**said, "error.type": "asyncio.CancelledError"}, status=FAILED)
    assert the("query", request(gone))["status"] == "cancelled"


def test_what_surrounds_a_call_is_a_part_of_the_turn_and_bills_nothing() -> None:
    """An agent that repeats what its calls used must not bill it again."""
    agent = {**CALL, "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper"}
    record = request(span(agent))
    assert [line["kind"] for line in lines(record)] == ["query"]
    assert the("query", record)["assistant"] == "helper"


def test_documents_are_found_or_none_was() -> None:
    found = {
        "openinference.span.kind": "RETRIEVER",
        "input.value": "Where?",
        "retrieval.documents.1.document.content": "Over there.",
        "retrieval.documents.0.document.id": 7,
        "retrieval.documents.0.document.score": 0.5,
    }
    retrieval = the("retrieval", request(span(found)))
    assert retrieval["result_count"] == 2
    assert retrieval["documents"][0] == {"doc_id": "7", "rank": 1, "score": 0.5}
    assert retrieval["documents"][1]["text"] == "Over there."
    assert retrieval["documents"][1]["doc_id"].startswith("text:")
    assert retrieval["query_text"] == "Where?"
    none = the("retrieval", request(span({"openinference.span.kind": "RETRIEVER"})))
    assert none["result_count"] == 0


def test_a_retrieval_that_does_not_say_what_it_found_is_no_retrieval_without_results() -> None:
    said = {"gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": "handbook"}
    assert [line["kind"] for line in lines(request(span(said)))] == ["tool"]
    told = {**said, "gen_ai.retrieval.documents": '[{"id":"d","score":0.5}]'}
    retrieval = the("retrieval", request(span(told)))
    assert (retrieval["data_source"], retrieval["documents"]) == (
        "handbook",
        [{"doc_id": "d", "rank": 1, "score": 0.5}],
    )


def test_a_guardrail_whose_verdict_nobody_can_read_is_refused_not_passed() -> None:
    said = {"openinference.span.kind": "GUARDRAIL"}
    assert refusals(request(span(said))) == [("MISSING_FIELD", "$.verdict")]
    passed = the("guardrail", request(span({**said, "output.value": "Pass"}, name="pii")))
    assert (passed["guardrail"], passed["verdict"]) == ("pii", "pass")


def test_evaluations_find_what_they_are_about() -> None:
    result = attributes(
        {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.5,
         "gen_ai.evaluation.score.label": "fair", "gen_ai.evaluation.explanation": "Because."}
    )  # fmt: skip
    event = {"name": "gen_ai.evaluation.result", "timeUnixNano": str(START), "attributes": result}
    found = the("evaluation", request(span(CALL, events=[event])))
    assert (found["target_type"], found["target_id"]) == ("query", TRACE)
    assert (found["evaluator"], found["metrics"], found["label"]) == (
        "relevance",
        {"relevance": 0.5},
        "fair",
    )
    later = {
        "openinference.span.kind": "EVALUATOR",
        "evaluations.0.evaluation.name": "hallucination",
        "evaluations.0.evaluation.score": 1,
        "evaluations.0.evaluation.identifier": "judge-v2",
    }
    other = "a" * 32
    linked = request(span(later, trace="b" * 32, links=[{"traceId": other, "spanId": "c" * 16}]))
    found = the("evaluation", linked)
    assert (found["target_id"], found["evaluator_version"]) == (other, "judge-v2")
    assert not landed(linked).refused


def logs(*records: dict[str, Any]) -> bytes:
    scope = {"logRecords": [{"traceId": TRACE, "spanId": f"{1:016x}", **one} for one in records]}
    return json.dumps({"resourceLogs": [{"scopeLogs": [scope]}]}).encode()


SAID_IN_LOGS: list[list[Line]] = [
    [{"eventName": "gen_ai.client.inference.operation.details", "attributes": attributes(NEW)}],
    [
        {"attributes": attributes({"event.name": "gen_ai.user.message"}),
         "body": value_of({"content": "Hello?"})},
        {"eventName": "gen_ai.choice", "body": value_of({"message": {"content": "Hi."}})},
        {"eventName": "of a database", "body": value_of("select")},
    ],
]  # fmt: skip


@pytest.mark.parametrize("said", SAID_IN_LOGS, ids=["details", "messages"])
def test_events_in_logs_say_what_events_of_a_span_say(said: list[Line]) -> None:
    """They are within the span that they name, and what it bills they do not bill again."""
    records = [{"timeUnixNano": str(START), **record} for record in said]
    (query,) = lines(logs(*records))
    assert (query["kind"], query["query_id"], query["ts"]) == ("query", TRACE, "2026-03-01T10:00:00Z")
    assert (query["query_text"], query["response_text"]) == ("Hello?", "Hi.")
    assert query["parent_span_id"] == f"{1:016x}"
    assert "latency_ms" not in query
    assert not landed(logs(*records)).refused
    assert lines(logs(*records)) == [query]
    found = OTLP_MESSAGE.translate(logs_message(logs(*records)), LIMITS)
    assert found == translated(logs(*records))


def test_a_result_in_logs_is_an_evaluation_of_its_query() -> None:
    said = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 0.5}
    record = {"eventName": "gen_ai.evaluation.result", "timeUnixNano": str(START)}
    (found,) = lines(logs({**record, "attributes": attributes(said)}))
    assert (found["kind"], found["target_id"], found["metrics"]) == ("evaluation", TRACE, {"tone": 0.5})
    (refused,) = lines(logs({**record, "attributes": []}))
    again = json.dumps(refused["came_as"]).encode()
    assert without(lines(again), "came_as") == without([refused], "came_as")


def test_a_result_in_logs_is_one_line_whatever_it_comes_with() -> None:
    """Prevents that an exporter which cuts its batches otherwise has a result counted twice."""
    said = attributes({"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 1.0})
    result = {"eventName": "gen_ai.evaluation.result", "timeUnixNano": str(START), "attributes": said}
    others = [{"timeUnixNano": str(START), **record} for record in SAID_IN_LOGS[0]]
    alone = translated(logs(result)).splitlines()
    assert alone
    assert {*alone} < {*translated(logs(*others, result)).splitlines()}
    assert {*alone} < {*translated(logs(result, {**result, "timeUnixNano": "1"})).splitlines()}


def test_a_record_without_a_time_of_its_own_happened_when_it_was_seen() -> None:
    record = {"timeUnixNano": "0", "observedTimeUnixNano": str(START), "spanId": "0" * 16}
    (query,) = lines(logs({**record, "eventName": "gen_ai.choice"}))
    assert query["ts"] == "2026-03-01T10:00:00Z"
    assert query["span_id"].startswith("log-")


def test_other_spans_of_a_trace_are_none_of_ours() -> None:
    assert lines(request(span({"http.request.method": "GET", "session.id": "s"}))) == []


def test_names_that_are_too_long_are_read_and_not_remembered() -> None:
    """Ten thousand names of a megabyte each would stay in the memory of a receiver for ever."""
    name = "x" * 1000
    assert lines(request(span({**CALL, name: 1, "short": 1})))[0]["attributes"]["unknown"][name] == 1
    assert "short" in CLASSES
    assert name not in CLASSES


def test_what_no_table_knows_is_kept_counted_and_nobodys_text() -> None:
    said = {
        **CALL,
        "mood": "sunny",
        "poem": "x" * 1000,
        "retries": 2,
        "gen_ai.request.temperature": 0.5,
    }
    schema = "https://opentelemetry.io/schemas/1.99.0"
    long = {"gen_ai.tool.definitions": "secret", "gen_ai.agent.description": "x" * 300}
    parsed = landed(request(span({**said, **long}), schema=schema))
    kept = parsed.events[0].attributes
    assert kept is not None
    assert kept["gen_ai.request.temperature"] == 0.5
    assert kept["gen_ai.agent.description"] == {"characters": 300}
    assert kept["unknown"] == {
        "mood": {"characters": 5}, "poem": {"characters": 1000}, "retries": 2, "schema_url": schema,
    }  # fmt: skip
    assert "secret" not in json.dumps(kept)
    assert {field for _, _, field in parsed.drift} == {"mood", "poem", "retries", "schema_url"}
    assert {source for _, source, _ in parsed.drift} == {"otel"}
    kind = landed(request(span({"openinference.span.kind": "ORACLE"})))
    assert kind.drift == {("query", "openinference", "kind of a span"): 1}


def test_a_prompt_version_may_be_a_number() -> None:
    """Prevents that a query is refused because somebody counts versions."""
    query = the("query", request(span({**CALL, "llm.prompt_template.version": 3})))
    assert query["prompt_version"] == "3"
    assert refusals(request(span({**CALL, "llm.prompt_template.version": True}))) == [
        ("BAD_TYPE", "$.prompt_version")
    ]


_AI_SDK = {
    "operation.name": "ai.generateText.doGenerate", "ai.operationId": "ai.generateText.doGenerate",
    "ai.model.id": "m", "ai.settings.maxRetries": 2, "ai.telemetry.functionId": "answer",
    "ai.prompt.messages": json.dumps(
        [{"role": "system", "content": "Be kind."},
         {"role": "user", "content": [{"type": "text", "text": "Hello?"}]}]
    ),
    "ai.prompt.tools": ['{"name":"geheim"}'], "ai.response.text": "Hi.",
    "ai.response.toolCalls": '[{"input":"geheim"}]', "ai.response.object": '{"a":"geheim"}',
    "ai.response.reasoning": "geheim", "ai.usage.promptTokens": 100, "ai.usage.cachedInputTokens": 60,
    "gen_ai.system": "openai.chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 30,
}  # fmt: skip


def test_the_ai_sdk_says_a_call_once_and_its_texts_are_texts() -> None:
    """Prevents that what people and models said stands in attributes, and that a call counts twice."""
    outer = {name: value for name, value in _AI_SDK.items() if not name.startswith("gen_ai.")}
    called = {"ai.toolCall.name": "find", "ai.toolCall.args": '{"q":"geheim"}',
              "ai.toolCall.result": "geheim"}  # fmt: skip
    asked = {"ai.prompt": '{"prompt":"geheim"}', **outer, "operation.name": "ai.generateText"}
    record = request(span(asked, 1), span(_AI_SDK, 2), span(called, 3))
    assert [line["kind"] for line in lines(record)] == ["query", "cost"]
    query, cost = the("query", record), the("cost", record)
    assert (query["query_text"], query["response_text"]) == ("Hello?", "Hi.")
    assert [cost[name] for name in ("input_tokens", "cache_read_tokens", "output_tokens")] == [
        40,
        60,
        30,
    ]
    said_so = json.dumps(query["attributes"])
    assert "unknown" not in query["attributes"]
    assert not [word for word in ("geheim", "Hello", "Hi.") if word in said_so]
    conventions = {**_AI_SDK, "gen_ai.output.messages": '[{"role":"assistant","content":"So."}]'}
    assert the("query", request(span(conventions)))["response_text"] == "So."


TEXT, SOMEBODY = "My name is Ana and I have cancer", "ana@example.com"


@pytest.mark.parametrize(
    "name",
    ["langfuse.trace.input", "langfuse.trace.output", "langfuse.trace.metadata.question", "metadata",
     "traceloop.prompt.template_variables.complaint", "ai.telemetry.metadata.note", "app.question",
     "user.full_name", "mcp.resource.uri", "url.full", "db.query.text", "error.message", "prompt"],
)  # fmt: skip
def test_no_string_of_a_foreign_name_stays(name: str) -> None:
    """Prevents that text lands outside the vault because an exporter gave it a name of its own."""
    for value in (TEXT, "Scheidung?", [TEXT], {"said": TEXT}):
        record = request(span({**CALL, name: value}), resource={name: TEXT})
        spelled = json.dumps(the("query", record)["attributes"])
        assert not [word for word in ("Ana", "cancer", "Scheidung") if word in spelled]
        assert '{"characters":' in spelled


@pytest.mark.parametrize(
    "name",
    ["user.email", "enduser.pseudo.id", "app.customer_id", "metadata.user_api_key_user_id",
     "client.address", "traceloop.association.properties.user_email"],
)  # fmt: skip
@pytest.mark.parametrize("value", [SOMEBODY, 4711])
def test_no_id_of_a_person_stays_under_a_foreign_name(name: str, value: Any) -> None:
    record = request(span({**CALL, name: value}), resource={name: value})
    spelled = json.dumps(the("query", record)["attributes"])
    assert SOMEBODY not in spelled
    assert "4711" not in spelled


@pytest.mark.parametrize(
    ("user", "session"),
    [("ai.telemetry.metadata.userId", "ai.telemetry.metadata.sessionId"),
     ("traceloop.association.properties.user_id", "traceloop.association.properties.session_id"),
     ("langfuse.user.id", "langfuse.session.id"), ("llm.user", "session.id"),
     ("gen_ai.request.user", "session.id")],
)  # fmt: skip
def test_people_and_sessions_go_by_the_names_of_their_exporters(user: str, session: str) -> None:
    """Prevents that a person whom nobody counts stands in attributes, out of reach of an erasure."""
    record = request(span({**CALL, user: SOMEBODY, session: "s-1"}))
    for line in lines(record):
        assert (line["user_id"], line["session_id"]) == (SOMEBODY, "s-1")
        assert SOMEBODY not in json.dumps(line.get("attributes"))


def test_what_operators_look_for_stays() -> None:
    said = {"server.address": "api.example.com", "http.response.status_code": 200,
            "ai.telemetry.functionId": "answer", "ai.settings.maxRetries": 2, "tag.tags": ["beta"],
            "langfuse.release": "7", "traceloop.entity.name": "answer_question"}  # fmt: skip
    kept = the("query", request(span({**CALL, **said})))["attributes"]
    assert kept == {"span": "chat small", **said}


@pytest.mark.parametrize("role", ["LLM", "EMBEDDING", "TOOL"])
def test_what_litellm_tells_langfuse_is_a_question_and_its_answer(role: str) -> None:
    """As its callback writes them: the whole request, the whole response."""
    asked = {"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": TEXT}]}
    answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "I am sorry."}}]}
    said = {"langfuse.observation.input": json.dumps(asked), "openinference.span.kind": role,
            "langfuse.observation.output": json.dumps(answer), "llm.model_name": "m"}  # fmt: skip
    first, *_ = lines(request(span(said)))
    assert "Ana" not in json.dumps(first["attributes"])
    if role == "LLM":
        assert (first["query_text"], first["response_text"]) == (TEXT, "I am sorry.")


@pytest.mark.parametrize(
    "name",
    ["ai.prompt", "ai.toolCall.args", "ai.toolCall.result", "ai.values", "ai.result.text",
     "final_result", "tool_arguments", "tool_response", "all_messages_events",
     "pydantic_ai.all_messages", "ai.request.headers.authorization",
     "http.request.header.authorization"],
)  # fmt: skip
def test_texts_of_frameworks_leave_their_length(name: str) -> None:
    """Prevents that a short text lands outside the vault because no field takes it."""
    query = the("query", request(span({**CALL, "gen_ai.input.messages": "[]", name: "geheim"})))
    assert "geheim" not in json.dumps(query)
    assert "unknown" not in query["attributes"]


# --- words, and what stands beside them

_BLOB = {"type": "blob", "modality": "image", "content": "aGVpbWxpY2g=" * 10}
_THOUGHT = {"type": "reasoning", "content": "They are scared."}
_RESULT = {"type": "tool_result", "tool_use_id": "t", "content": "root:x:0:0"}
_CALLED = {"type": "tool_use", "id": "t", "name": "cat", "input": {}}


def _messages(role: str, *parts: Any) -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}


_TEXTED = {"type": "text", "content": "Where?"}
_OLD_PARTS = [
    {"type": "text", "text": "Where?"},
    {"type": "image_url", "image_url": {"url": "data:..."}},
]
_ASKED: list[dict[str, Any]] = [
    {"gen_ai.input.messages": json.dumps([_messages("user", _TEXTED, _BLOB)])},
    {"gen_ai.input.messages": json.dumps([_messages("user", _TEXTED, {**_BLOB, "type": "binary"})])},
    {"gen_ai.input.messages": json.dumps(
        [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": [_CALLED]},
         {"role": "user", "content": [_RESULT]}])},
    {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": json.dumps(_OLD_PARTS)},
    {"gen_ai.prompt": json.dumps({"messages": [{"role": "user", "content": _OLD_PARTS}]})},
    {"llm.input_messages.0.message.role": "user",
     "llm.input_messages.0.message.contents.0.message_content.type": "text",
     "llm.input_messages.0.message.contents.0.message_content.text": "Where?",
     "llm.input_messages.0.message.contents.1.message_content.type": "tool_result",
     "llm.input_messages.0.message.contents.1.message_content.text": "root:x:0:0"},
]  # fmt: skip


@pytest.mark.parametrize("said", _ASKED)
def test_a_question_is_what_somebody_wrote(said: dict[str, Any]) -> None:
    """Prevents that pictures, and what tools returned, are scored, embedded and shown as a question."""
    assert the("query", request(span({**CALL, **said})))["query_text"] == "Where?"


def test_a_question_with_a_large_picture_is_no_line_too_large() -> None:
    large = {**_BLOB, "content": "a" * 1_500_000}
    said = {"gen_ai.input.messages": json.dumps([_messages("user", _TEXTED, large)])}
    assert not landed(request(span({**CALL, **said}))).refused


@pytest.mark.parametrize("typed", ['[{"type": "apple", "price": 1}]', '[{"a": 1}]', "[1]", "5", "null"])
def test_json_that_somebody_typed_is_his_question(typed: str) -> None:
    listed = {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": typed}
    assert the("query", request(span({**CALL, **listed})))["query_text"] == typed
    event = {"name": "gen_ai.user.message", "attributes": attributes({"content": typed})}
    assert the("query", request(span(CALL, events=[event])))["query_text"] == typed


@pytest.mark.parametrize(
    "said",
    [
        {"gen_ai.output.messages": json.dumps([_messages("assistant", _THOUGHT, _TEXTED)])},
        {"gen_ai.output.messages": json.dumps(
            [_messages("assistant", {**_THOUGHT, "type": "thinking"}, _TEXTED)])},
        {"llm.output_messages.0.message.contents.0.message_content.type": "reasoning",
         "llm.output_messages.0.message.contents.0.message_content.text": "They are scared.",
         "llm.output_messages.0.message.contents.1.message_content.type": "text",
         "llm.output_messages.0.message.contents.1.message_content.text": "Where?"},
    ],
)  # fmt: skip
def test_what_a_model_thought_is_no_answer(said: dict[str, Any]) -> None:
    assert the("query", request(span({**CALL, **said})))["response_text"] == "Where?"


@pytest.mark.parametrize(
    ("message", "answer"),
    [('[{"text": "Press the button."}]', "Press the button."),
     ("Press the button.", "Press the button."),
     ('[{"text": "Press."}, {"toolUse": {"name": "press"}}]', "Press."), ('{"a": 1}', '{"a": 1}'),
     ('{"role": "assistant", "content": "Press."}', "Press."), ("5", "5"), ('"Press."', "Press.")],
)  # fmt: skip
def test_a_choice_is_an_answer_however_it_is_packed(message: str, answer: str) -> None:
    """Strands writes the parts of a call's answer, and an agent's as it is."""
    choice = {"name": "gen_ai.choice", "attributes": attributes({"message": message})}
    assert the("query", request(span(CALL, events=[choice])))["response_text"] == answer


# --- one thing, by the names that exporters have for it

_BARE = {name: value for name, value in CALL.items() if "cache" not in name and "reasoning" not in name}


@pytest.mark.parametrize(
    ("name", "meter"),
    [("gen_ai.usage.input_tokens.cached", "cache_read_tokens"),
     ("ai.usage.inputTokenDetails.cacheReadTokens", "cache_read_tokens"),
     ("gen_ai.usage.details.cache_read_tokens", "cache_read_tokens"),
     ("gen_ai.usage.details.cache_read_input_tokens", "cache_read_tokens"),
     ("gen_ai.usage.input_tokens.cache_write", "cache_write_tokens"),
     ("gen_ai.usage.cache_write_input_tokens", "cache_write_tokens"),
     ("ai.usage.inputTokenDetails.cacheWriteTokens", "cache_write_tokens"),
     ("gen_ai.usage.details.cache_write_tokens", "cache_write_tokens"),
     ("gen_ai.usage.details.cache_creation_input_tokens", "cache_write_tokens"),
     ("gen_ai.usage.details.input_audio_tokens", "audio_input_tokens"),
     ("gen_ai.usage.output_tokens.reasoning", "reasoning_tokens"),
     ("ai.usage.outputTokenDetails.reasoningTokens", "reasoning_tokens"),
     ("gen_ai.usage.details.reasoning_tokens", "reasoning_tokens"),
     ("gen_ai.usage.details.output_audio_tokens", "audio_output_tokens")],
)  # fmt: skip
def test_a_part_of_the_tokens_is_counted_once_by_any_name(name: str, meter: str) -> None:
    """By hand: 100 in and 30 out hold 25 of a kind that has a price of its own."""
    cost = the("cost", request(span({**_BARE, name: 25})))
    whole, rest = ("input_tokens", 75) if "input" in meter or "cache" in meter else ("output_tokens", 5)
    assert (cost[meter], cost[whole]) == (25, rest)
    said_twice = {**_BARE, "gen_ai.usage.cache_read.input_tokens": 60, name: 60}
    if meter == "cache_read_tokens":
        assert the("cost", request(span(said_twice)))["input_tokens"] == 40


@pytest.mark.parametrize(
    "name",
    ["llm.cost.total", "gen_ai.usage.cost", "gen_ai.usage.total_cost", "gen_ai.cost.total_cost",
     "litellm.cost.total", "operation.cost"],
)  # fmt: skip
def test_a_cost_is_reported_by_any_name(name: str) -> None:
    record = request(span({**CALL, name: 0.0125}))
    assert the("cost", record)["reported_cost"] == "0.0125"
    assert not landed(record).refused


@pytest.mark.parametrize(
    ("name", "said", "ms"),
    [("gen_ai.response.time_to_first_chunk", 0.25, 250), ("ai.response.msToFirstChunk", 250.5, 250.5),
     ("ai.stream.msToFirstChunk", 250, 250), ("gen_ai.server.time_to_first_token", 250, 250),
     ("gen_ai.server.time_to_first_token", 0.25, 250)],
)  # fmt: skip
def test_the_first_token_comes_after_so_many_milliseconds(name: str, said: float, ms: float) -> None:
    """Whole numbers are Strands' milliseconds; OpenTelemetry's own unit is the second."""
    assert the("query", request(span({**CALL, name: said})))["first_token_ms"] == ms


@pytest.mark.parametrize(
    ("said", "ours"),
    [("azure.chat", "azure"), ("azure-openai.chat", "azure"), ("azure.responses", "azure"),
     ("groq.chat", "groq"), ("xai.chat", "x-ai"), ("openai.responses", "openai"),
     ("anthropic.messages", "anthropic"), ("amazon-bedrock", "aws"), ("Lab.Own", "Lab.Own")],
)  # fmt: skip
def test_a_provider_is_one_whichever_of_its_interfaces_was_spoken_to(said: str, ours: str) -> None:
    """Prevents that calls have no price: the price book knows sellers."""
    record = request(span({**CALL, "gen_ai.provider.name": said}))
    assert (the("query", record)["provider"], the("cost", record)["provider"]) == (ours, ours)


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        # Phoenix says UNKNOWN of spans of other conventions; these tell what they are.
        ({**CALL, "openinference.span.kind": "UNKNOWN"}, ["query", "cost"]),
        ({"openinference.span.kind": "unknown", "gen_ai.operation.name": "invoke_workflow"}, ["query"]),
        ({"openinference.span.kind": "UNKNOWN", "input.value": "?"}, []),
        # Pydantic AI before it named operations: a run sums up what its calls used, tools their name.
        ({"gen_ai.agent.name": "a", "gen_ai.usage.input_tokens": 9}, ["query"]),
        ({"gen_ai.tool.name": "find", "gen_ai.tool.call.id": "1"}, ["tool"]),
        # What carries the call of a tool to a server and back is not the call.
        ({"gen_ai.tool.name": "find", "mcp.method.name": "tools/call"}, []),
        ({"gen_ai.system": "openai"}, ["query"]),
        ({"gen_ai.system": "openai", "gen_ai.response.model": "m"}, ["query", "cost"]),
        # Nobody knows that it was an agent's: kept, and refused for want of a model.
        ({"gen_ai.usage.input_tokens": 9}, ["query", "cost"]),
        ({"agent.name": "of some other machinery"}, []),
    ],
)
def test_a_span_without_a_kind_or_operation_is_told_by_what_it_says(
    said: dict[str, Any], kinds: list[str]
) -> None:
    assert [line["kind"] for line in lines(request(span(said)))] == kinds


@pytest.mark.parametrize(
    ("cost", "tokens", "reported"),
    [
        (0.0, 5, None),
        (0, 5, None),
        (0.0, 0, "0"),
        (0.5, 5, "0.5"),
        (0.0, None, "0"),
    ],
)
def test_a_model_that_nobody_priced_is_not_free(
    cost: float, tokens: int | None, reported: str | None
) -> None:
    """An instrumentation that knows no price of a model writes 0, and ours would never be looked up."""
    used = {} if tokens is None else {"gen_ai.usage.input_tokens": tokens}
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.cost": cost}
    assert the("cost", request(span({**said, **used}))).get("reported_cost") == reported


@pytest.mark.parametrize("session", ["Sess-ABC", "0", 7])
def test_a_result_about_a_session_finds_it(session: Any) -> None:
    said = {**CALL, "session.id": session, "session.evaluations.0.evaluation.name": "satisfied",
            "session.evaluations.0.evaluation.score": 0.9}  # fmt: skip
    record = request(span(said))
    assert the("evaluation", record)["target_id"] == the("query", record)["session_id"] == str(session)


def _whole(side: str, value: Any, form: str | None = "application/json") -> dict[str, Any]:
    typed = {} if form is None else {f"{side}.mime_type": form}
    return {f"{side}.value": value if isinstance(value, str) else json.dumps(value), **typed}


_CALLING = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "find"}}]}
_TOLD = {"messages": [{"type": "human", "content": "Where?"}, {"type": "ai", "content": "There."}]}
_RETURNED = {"lc": 1, "id": ["messages", "ToolMessage"], "kwargs": {"content": "root:x:0:0"}}
_GOOGLES = {"content": {"role": "model", "parts": [{"text": "There."}]}}
_PACKED = {
    "lc": 1,
    "id": ["messages", "HumanMessage"],
    "kwargs": {"content": "Where?", "type": "human"},
}


@pytest.mark.parametrize(
    ("asked", "answered", "question", "answer"),
    [
        (_TOLD, _TOLD, "Where?", "There."),
        ({"messages": [[_PACKED]]}, {"choices": [{"message": _CALLING}]}, "Where?", None),
        (
            {"question": "Where?", "tenant": "t"},
            {"query": "Where?", "result": "There."},
            "Where?",
            "There.",
        ),
        ({"input": {"question": "Where?"}}, {"id": "chatcmpl-1", "model": "m"}, "Where?", None),
        ("Where?", '{"broken', "Where?", None),
        ('"Where?"', "5", "Where?", "5"),
        ([{"role": "tool", "content": "root:x:0:0"}], ["There."], None, None),
        ({"messages": [_RETURNED]}, {"messages": [_RETURNED]}, None, None),
        ({"path": "a", "content": "root:x:0:0"}, [{"content": "root:x:0:0", "id": "1"}], None, None),
        ({"type": "tool_call", "input": "rm"}, {"type": "mcp_call", "output": "gone"}, None, None),
        (
            {"messages": [{"role": ["user"], "content": "x"}]},
            {"candidates": [_GOOGLES]},
            None,
            "There.",
        ),
    ],
)
def test_of_json_that_a_framework_passes_on_only_what_somebody_said_is_text(
    asked: Any, answered: Any, question: str | None, answer: str | None
) -> None:
    """Whole requests and responses were scored, embedded and shown as questions and answers."""
    said = {"openinference.span.kind": "CHAIN", **_whole("input", asked), **_whole("output", answered)}
    query = the("query", request(span(said)))
    assert (query.get("query_text"), query.get("response_text")) == (question, answer)


def test_what_is_not_called_json_is_as_it_was_typed() -> None:
    said = {"openinference.span.kind": "CHAIN", **_whole("input", {"a": 1}, None),
            **_whole("output", {"a": 1}, "text/plain")}  # fmt: skip
    query = the("query", request(span(said)))
    assert query["query_text"] == query["response_text"] == '{"a": 1}'


@pytest.mark.parametrize("word", ["__REDACTED__", "redacted-by-litellm"])
def test_what_stands_for_a_text_is_none(word: str) -> None:
    asked, answered = _messages("user", {**_TEXTED, "content": word}), {"role": "ai", "content": word}
    said = {**CALL, "gen_ai.input.messages": json.dumps([asked]),
            "gen_ai.output.messages": json.dumps([answered])}  # fmt: skip
    assert not {"query_text", "response_text"} & the("query", request(span(said))).keys()


def test_a_product_says_what_no_convention_has_a_word_for() -> None:
    said = {**CALL, "assay.surface": "chat", "assay.colour": "red", "assay.poem": "x" * 1000}
    record = request(span(said), resource={"assay.workspace": "acme"})
    query = the("query", record)
    assert (query["surface"], query["workspace"]) == ("chat", "acme")
    assert query["attributes"]["unknown"] == {"assay.colour": "red", "assay.poem": {"characters": 1000}}
    assert the("cost", record)["workspace"] == "acme"


@pytest.mark.parametrize(
    ("said", "more", "refused"),
    [
        ({"gen_ai.usage.input_tokens": "many"}, {}, [("BAD_TYPE", "$.input_tokens")]),
        ({"gen_ai.usage.input_tokens": -1}, {}, [("RANGE", "$.input_tokens")]),
        ({"gen_ai.usage.output_tokens": 1.5}, {}, [("BAD_TYPE", "$.output_tokens")]),
        ({"gen_ai.request.model": "", "gen_ai.response.model": ""}, {}, [("MISSING_FIELD", "$.model")]),
        ({"session.id": ["s"]}, {}, [("BAD_TYPE", "$.session_id")] * 2),
        ({"gen_ai.response.id": "\0"}, {}, [("NUL_BYTE", "$.attributes[...]")]),
        ({"gen_ai.response.id": "\ud800"}, {}, [("BAD_UNICODE", "$.attributes[...]")]),
        ({"x": "\0\ud800"}, {}, []),
        ({}, {"spanId": ""}, [("MISSING_FIELD", "$.event_id")] * 2),
        ({}, {"traceId": "0" * 32}, [("MISSING_FIELD", "$.event_id")] * 2),
        ({}, {"traceId": 7}, [("BAD_TYPE", "$.trace_id")] * 2),
        ({}, {"startTimeUnixNano": "0", "endTimeUnixNano": "0"}, [("TIME_WINDOW", "$.ts")] * 2),
        ({}, {"startTimeUnixNano": "soon"}, [("BAD_VALUE", "$.ts")] * 2),
        ({}, {"startTimeUnixNano": {}}, [("BAD_TYPE", "$.ts")] * 2),
        ({}, {"startTimeUnixNano": str(9 * START)}, [("TIME_WINDOW", "$.ts")] * 2),
    ],
)
def test_a_span_with_a_fault_is_refused_alone(
    said: dict[str, Any], more: dict[str, Any], refused: list[tuple[str, str]]
) -> None:
    """Prevents that one wrong attribute costs the other spans of its request."""
    record = request(span({**CALL, **said}, 1, **more), span(CALL, 2), resource={})
    parsed = landed(record)
    assert [(one.reason.value, one.path) for _, one in parsed.refused] == refused
    assert len(parsed.events) == 4 - len(refused)


@pytest.mark.parametrize("odd", [{"gen_ai.usage.input_tokens": "many"}, {"session.id": ["s"]}])
@pytest.mark.parametrize("as_protobuf", [False, True])
def test_a_refused_span_takes_along_what_it_was_made_of(odd: Line, *, as_protobuf: bool) -> None:
    """Prevents that a mend of the translation comes too late for what it had got wrong."""
    whole = span({**CALL, **odd}, links=[{"traceId": TRACE, "spanId": "00" * 8}])
    if as_protobuf:
        made = OTLP_MESSAGE.translate(message(span(CALL, 2), whole), LIMITS) or b""
    else:
        made = translated(request(span(CALL, 2), whole))
    parsed = parse(Slice(1, 0, made.removesuffix(b"\n")), LIMITS)
    refused = [parsed.slice.lines[index] for index, _ in parsed.refused]
    assert refused
    for line in refused:
        came_as = json.dumps(json.loads(line)["came_as"]).encode()
        assert without(lines(came_as), "came_as") == without(lines(request(whole)), "came_as")
    assert made.count(b"came_as") == len(refused)


def test_what_is_made_anew_is_what_was_made() -> None:
    """Also its numbers: one that came back as a text would be another line."""
    said = {**CALL, "gen_ai.usage.input_tokens": "many", "gen_ai.request.temperature": 0.1}
    once = translated(request(span(said))).splitlines()
    (refused,) = [line for line in once if b"came_as" in line]
    anew = [json.loads(line) for line in made_anew(refused, LIMITS)]
    assert without(anew, "came_as") == without([json.loads(line) for line in once], "came_as")
    assert anew[0]["attributes"]["gen_ai.request.temperature"] == 0.1


def test_no_number_is_lost_between_the_lines() -> None:
    """NaN is no JSON, and an encoder that writes null instead would hide it."""
    odd = span({**CALL, "llm.cost.total": 0.0})
    for spelled in ('"NaN"', "NaN", "1e400", '"Infinity"'):
        record = request(odd).replace(b'{"doubleValue":0.0}', b'{"doubleValue":%s}' % spelled.encode())
        assert refusals(record) == [("NOT_FINITE", "$")], spelled


@pytest.mark.parametrize("name", [float("nan"), float("inf"), 5, ["a"], {"a": float("nan")}])
def test_a_name_that_is_none_is_refused_in_the_same_words_by_every_run(name: Any) -> None:
    """Prevents that a line says where in memory a value stood: it would be another line every time."""
    said = {"evaluations.0.evaluation.name": name, "evaluations.0.evaluation.score": 1}
    result = {"gen_ai.evaluation.name": name, "gen_ai.evaluation.score.value": 1}
    event = {"name": "gen_ai.evaluation.result", "attributes": attributes(result)}
    spoken = {"openinference.span.kind": "EVALUATOR", "input.value": name}
    langfuse = {"langfuse.observation.type": "generation", "langfuse.observation.prompt.version": name,
                "langfuse.observation.prompt.name": name}  # fmt: skip
    for one in (span(said), span(result), span(CALL, events=[event]), span(spoken), span(langfuse)):
        record = request(one).replace(b"NaN", b'"NaN"').replace(b"Infinity", b'"Infinity"')
        assert b" object at " not in translated(record)
    refused = [json.loads(line) for line in translated(request(span(said))).splitlines()]
    assert [one["metrics"] for one in refused] == [{}]
    assert refusals(request(span(said)))


def test_an_attribute_twice_is_a_key_twice() -> None:
    twice = span(CALL)
    twice["attributes"] += attributes({"x": 1, "y": 2, "x ": 3}) + attributes({"x": 4})
    assert {reason for reason, _ in refusals(request(twice))} == {"DUP_KEY"}


def test_what_is_refused_is_kept_the_same_each_time() -> None:
    """Prevents that a place in memory stands in a kept line: it would differ at each replay."""
    twice = {**span({**CALL, "x": 1}), "traceId": "\ud800"}
    twice["attributes"] += attributes({"x": 2})
    said = translated(request(twice))
    assert refusals(request(twice))
    assert b" object at " not in said


ODD_KEY = {"attributes": [{"key": 5, "value": {"stringValue": "x"}}]}


@pytest.mark.parametrize(
    "odd", [7, "span", None, [], {"attributes": 7}, {"events": [None, 7]}, ODD_KEY]
)
def test_what_is_no_span_is_no_reason_to_lose_those_beside_it(odd: Any) -> None:
    parsed = landed(request(odd, span(CALL)))
    assert len(parsed.events) == 2


def test_a_clock_that_went_backwards_leaves_no_latency() -> None:
    query = the("query", request(span(CALL, endTimeUnixNano=str(START - 1))))
    assert "latency_ms" not in query
    assert query["attributes"]["unknown"] == {"end before start": True}


@pytest.mark.parametrize(
    "record",
    [b'{"resourceSpans":', b'{"resourceSpans":[],"resourceSpans":[]}', b'{"resourceSpans":7}',
     b'{"resourceSpans":[' + b"[" * 100_000, b'{"resourceMetrics":[]}', b"\xff",
     b'{"resourceSpans":[{"scopeSpans":[{"spans":7}]}]}',
     b'{"resource_spans":[{"scope_spans":[{"spans":[{}]}]}]}',
     b'{"resourceSpans":[{"scope_spans":[{"spans":[{}]}]}]}',
     b'{"resourceSpans":[{"resource":{},"instrumentationLibrarySpans":[{"spans":[{}]}]}]}',
     b'{"resourceLogs":[{"instrumentationLibraryLogs":[{"logRecords":[{}]}]}]}'],
)  # fmt: skip
def test_what_is_no_request_goes_on_as_it_came(record: bytes) -> None:
    assert OTLP_JSON.translate(record, LIMITS) is None


def test_a_collector_may_write_its_measures_first(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    path.write_bytes(b'{"resourceMetrics":[{"scopeMetrics":[]}]}\n' + request(span(CALL)) + b"\n")
    (part,) = read_file(path, LIMITS)
    assert isinstance(part, Slice)
    parsed = parse(part, LIMITS)
    assert sorted(type(event).__name__ for event in parsed.events) == ["Cost", "Query"]
    assert [refused.reason.value for _, refused in parsed.refused] == ["MISSING_FIELD"]


def test_a_key_twice_is_seen_however_it_hides() -> None:
    """Each of these makes up elsewhere for the key that the fast count would miss."""
    for hidden in (b'"name":"a","name" :"b"', b'"name":"a","name":"b","s":"\\u0022:"'):
        record = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{%s}]}]}]}' % hidden
        assert OTLP_JSON.translate(record, LIMITS) is None


def test_ten_megabytes_in_an_attribute_stay_out_unless_they_are_the_text(tmp_path: Path) -> None:
    big = "x" * 10_000_000
    aside, text = {**CALL, "blob": big}, {**CALL, "gen_ai.input.messages": big[: 1 << 21]}
    path = tmp_path / "a.jsonl"
    path.write_bytes(request(span(aside), span(text, 2)) + b"\n")
    items = list(read_file(path, LIMITS))
    kept = [item for item in items if isinstance(item, Unreadable)]
    assert [item.reason.value for item in kept] == ["TOO_LARGE"]
    assert sum(len(item.lines) for item in items if isinstance(item, Slice)) == 3


# --- protobuf says the same


def framed(*messages: bytes) -> bytes:
    return b"".join(len(one).to_bytes(4, "big") + one for one in messages)


def read(path: Path, content: bytes) -> tuple[list[bytes], list[str]]:
    path.write_bytes(content)
    items = list(read_file(path, LIMITS))
    found = [line for item in items if isinstance(item, Slice) for line in item.lines]
    return found, [item.reason.value for item in items if isinstance(item, Unreadable)]


SPANS = [
    span(CALL),
    span({**INFERENCE, "list": [1, "a", 0.5, True], "map": {"k": {"l": 1}}}, 2, status=FAILED),
]


def test_protobuf_says_what_json_says(tmp_path: Path) -> None:
    expected = translated(request(*SPANS)).splitlines()
    whole = message(*SPANS)
    one_by_one = framed(message(SPANS[0]), message(SPANS[1]))
    for name, content in {"a.pb": whole, "b.pb": one_by_one, "c.pb.gz": gzip.compress(whole)}.items():
        assert read(tmp_path / name, content) == (expected, []), name


def test_a_whole_double_is_one_however_it_is_written(tmp_path: Path) -> None:
    one = span({**CALL, "gen_ai.request.temperature": 1.0})
    record = request(one).replace(b'"doubleValue":1.0', b'"doubleValue":1')
    assert read(tmp_path / "a.pb", message(one))[0] == translated(record).splitlines()


LOGS = logs(*({"timeUnixNano": str(START), **record} for record in SAID_IN_LOGS[1]))


def test_a_file_of_messages_may_hold_logs_and_spans(tmp_path: Path) -> None:
    """As the collector's exporter writes them where it is named in both pipelines."""
    said, spans = translated(LOGS).splitlines(), translated(request(*SPANS)).splitlines()
    logs_, traces = logs_message(LOGS), message(*SPANS)
    for name, content, expected in (
        ("a.pb", logs_, said),
        ("b.pb.gz", gzip.compress(framed(logs_)), said),
        ("c.pb", framed(logs_, traces), [*said, *spans]),
        ("d.pb", framed(traces, logs_), [*spans, *said]),
    ):
        assert read(tmp_path / name, content) == (expected, []), name
    found, kept = read(tmp_path / "e.pb", framed(logs_, traces)[: len(logs_) + 40])
    assert (found, kept) == (said, ["TRUNCATED_TAIL"])


def test_logs_that_cannot_be_read_are_kept_and_no_text_of_theirs_lands(tmp_path: Path) -> None:
    evil = '\n{"kind":"query","event_id":"e","ts":"2026-03-01T10:00:00Z","status":"ok"}\n'
    broken = logs_message(LOGS.replace(b"Hello?", json.dumps(evil)[1:-1].encode())) + b"\x0a\x7f"
    assert holds_logs(broken)
    found, _ = read(tmp_path / "a.pb", broken)
    ((_, refused),) = parse(Slice(1, 0, found), LIMITS).refused
    assert refused.reason.value == "UNKNOWN_KIND"


@pytest.mark.parametrize(
    "field",
    [{"timeUnixNano": "1"}, {"observedTimeUnixNano": "1"}, {"severityNumber": 9}, {"flags": 1},
     {"attributes": attributes({"a": 1})}, {"spanId": "ab" * 8}, {"eventName": "a"},
     {"droppedAttributesCount": 1}],
)  # fmt: skip
def test_one_field_tells_a_log_record(field: Line) -> None:
    """Also behind a record that says nothing at all."""
    body = {"body": value_of("x"), "severityText": "INFO"}
    said = ParseDict(
        {"resourceLogs": [{}, {"scopeLogs": [{}, {"logRecords": [{}, body, {**body, **field}]}]}]},
        ExportLogsServiceRequest(),
    )
    assert holds_logs(said.SerializeToString())


@pytest.mark.parametrize(
    "field",
    [{"traceId": "ab" * 12}, {"spanId": "ab" * 8}, {"parentSpanId": "ab" * 8}, {"kind": 3},
     {"startTimeUnixNano": "1"}, {"endTimeUnixNano": "1"}, {"droppedAttributesCount": 1},
     {"events": [{"name": "e"}]}, {"links": [{"spanId": "ab" * 8}]}, {"status": {"code": 2}},
     {"flags": 1}],
)  # fmt: skip
def test_one_field_tells_a_span(field: Line) -> None:
    called = {"name": "x", "attributes": attributes({"a": 1})}
    said = ParseDict(
        {"resourceSpans": [{"scopeSpans": [{"spans": [called, {**called, **field}]}]}]},
        ExportTraceServiceRequest(),
    )
    after = {"timeUnixNano": "1"}
    logs_ = ParseDict(
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [after]}]}]}, ExportLogsServiceRequest()
    )
    both = said.SerializeToString() + logs_.SerializeToString()
    assert holds_logs(both) is False


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_a_message_holds_it_is_told(content: bytes) -> None:
    assert holds_logs(b"\x0a" + content) in (True, False)
    assert OTLP_MESSAGE.translate(b"\x0a" + content, LIMITS) is not None


def test_a_frame_that_is_no_message_is_kept_and_the_others_land(tmp_path: Path) -> None:
    content = framed(message(SPANS[0]), b"\x0a\xff\xff", message(SPANS[1]))
    found, kept = read(tmp_path / "a.pb", content)
    assert (len(found), kept) == (5, [])
    parsed = parse(Slice(1, 0, found), LIMITS)
    assert [one.reason.value for _, one in parsed.refused] == ["UNKNOWN_KIND"]


@pytest.mark.parametrize("cut", [1, 2, 3, 7])
def test_a_cut_file_of_frames_lands_up_to_the_cut(tmp_path: Path, cut: int) -> None:
    content = framed(message(SPANS[0]), message(SPANS[1]))[: -len(message(SPANS[1])) - 4 + cut]
    found, kept = read(tmp_path / "a.pb", content)
    assert (len(found), kept) == (2, ["TRUNCATED_TAIL"])


def test_a_frame_of_four_gigabytes_is_not_believed(tmp_path: Path) -> None:
    content = framed(message(SPANS[0])) + b"\xff\xff\xff\xff" + b"x" * 100
    assert read(tmp_path / "a.pb", content)[1] == ["TOO_LARGE"]


# --- whatever comes


_names = st.sampled_from(
    [*CALL, *INFERENCE, "mood", "assay.surface", "openinference.span.kind",
     "evaluations.0.evaluation.name",
     "retrieval.documents.0.document.id", "gen_ai.evaluation.name", "gen_ai.retrieval.documents"]
)  # fmt: skip
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3)
    ),
    max_leaves=8,
)
_kinds = st.sampled_from(["LLM", "CHAIN", "TOOL", "RETRIEVER", "EVALUATOR", "GUARDRAIL", "RERANKER"])
_pairs = st.dictionaries(_names, _json, max_size=6)


@settings(max_examples=150, deadline=None)
@given(
    said=_pairs,
    kind=_kinds,
    more=st.dictionaries(
        st.sampled_from(["traceId", "spanId", "name", "startTimeUnixNano", "endTimeUnixNano",
                         "status", "events", "links", "attributes"]),
        _json, max_size=3,
    ),
)  # fmt: skip
def test_whatever_a_span_holds_becomes_lines_that_land_or_are_refused(
    said: dict[str, Any], kind: str, more: dict[str, Any]
) -> None:
    """And never takes along the good span beside it."""
    odd = span({}, 1)
    odd["attributes"] = attributes({"openinference.span.kind": kind}) + [
        {"key": key, "value": value if isinstance(value, dict) else {"stringValue": value}}
        for key, value in said.items()
    ]
    record = json.dumps(json.loads(request(span(CALL, 2), {**odd, **more})), allow_nan=True).encode()
    found = OTLP_JSON.translate(record, LIMITS)
    assert found is not None
    parsed = parse(Slice(1, 0, found.removesuffix(b"\n")), LIMITS)
    assert [event.span_id for event in parsed.events[:2]] == [f"{2:016x}"] * 2
    assert len(parsed.events) + len(parsed.refused) == found.count(b"\n")


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_how_spans_are_split_over_requests_changes_no_line(chance: random.Random) -> None:
    spans = [span(CALL, n, at_ms=n) for n in range(6)] + [span(INFERENCE, n + 10) for n in range(6)]
    expected = sorted(translated(request(*spans)).splitlines())
    chance.shuffle(spans)
    cut = chance.randrange(len(spans))
    parts = [translated(request(*part)) for part in (spans[:cut], spans[cut:])]
    assert sorted(b"".join(parts).splitlines()) == expected
