"""What happened within a call: checks, searches in vector stores; and calls of MCP tools."""

from collections.abc import Iterator
from typing import Any

from orchestration.sources.litellm.said import Said
from orchestration.sources.litellm.words import STAGES, VERDICTS
from orchestration.sources.reading import first, inner, milliseconds, spoken, text_of, when
from orchestration.sources.source import Line


def _part(call: Said, kind: str, place: int, begun: Any) -> Line:
    """A line of its own, about the query that the call is."""
    return {
        "kind": kind,
        **call.envelope(f"{call.id}:{kind}:{place}"),
        "ts": when(begun or call.said.get("startTime")),
        "query_id": call.id,
    }


def guardrails(call: Said) -> Iterator[Line]:
    checks = call.said.get("guardrail_information") or call.of_metadata("guardrail_information")
    checks = checks if isinstance(checks, list) else [checks] if checks else []
    for place, check in enumerate(checks):
        status = inner(check, "guardrail_status")
        if status == "not_run":
            continue
        verdict = VERDICTS.get(str(status), status)
        if verdict == "pass" and inner(check, "masked_entity_count"):
            verdict = "mask"
        mode = inner(check, "guardrail_mode")
        begun = inner(check, "start_time")
        yield spoken(
            {
                **_part(call, "guardrail", place, begun),
                "guardrail": inner(check, "guardrail_name"),
                "provider": inner(check, "guardrail_provider"),
                "policy": inner(check, "policy_template"),
                "stage": STAGES.get(str(mode[0] if isinstance(mode, list) and mode else mode)),
                "verdict": verdict,
                "latency_ms": milliseconds(begun, inner(check, "end_time")),
            }
        )


def retrievals(call: Said) -> Iterator[Line]:
    searches = call.of_metadata("vector_store_request_metadata")
    for place, search in enumerate(searches if isinstance(searches, list) else []):
        found = inner(search, "vector_store_search_response", "data")
        found = found if isinstance(found, list) else []
        begun = inner(search, "start_time")
        yield spoken(
            {
                **_part(call, "retrieval", place, begun),
                "data_source": inner(search, "vector_store_id"),
                "retriever": inner(search, "custom_llm_provider"),
                "status": "ok",
                "latency_ms": milliseconds(begun, inner(search, "end_time")),
                "query_text": text_of(inner(search, "query")),
                "result_count": len(found),
                "documents": [
                    spoken(
                        {
                            "doc_id": first(inner(one, "file_id"), inner(one, "filename"), f"{rank}"),
                            "rank": rank,
                            "score": inner(one, "score"),
                            "in_context": True,
                            "text": text_of(inner(one, "content")),
                        }
                    )
                    for rank, one in enumerate(found, start=1)
                ]
                or None,
            }
        )


def tool(call: Said) -> Line:
    called = call.of_metadata("mcp_tool_call_metadata")
    return spoken(
        {
            "kind": "tool",
            **call.envelope(call.id),
            "tool": first(
                inner(called, "namespaced_tool_name"),
                inner(called, "name"),
                call.said.get("mcp_namespaced_tool_name"),
                call.kind,
            ),
            "agent": inner(called, "mcp_server_name"),
            "status": "error" if call.status == "failure" else "ok",
            "latency_ms": call.latency(),
        }
    )
