"""LiteLLM: its standard logging payload as files, and rows of `LiteLLM_SpendLogs`.

One call through LiteLLM is one query, and one billable call unless a cache answered. Its `trace_id` is
no turn: a session's id stands there as well. Names are those of litellm 1.40 to 1.106
(`litellm/types/utils.py`, `litellm/proxy/schema.prisma`); a reader's page is `docs/sources/litellm.md`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from orchestration.sources.arrays import split_values
from orchestration.sources.database import Database, Log
from orchestration.sources.leftovers import Leftovers
from orchestration.sources.reading import (
    asked_in,
    attachments_in,
    first,
    inner,
    milliseconds,
    money,
    spoken,
    text_of,
    unpacked,
    when,
    whole,
    without,
)
from orchestration.sources.source import Line, Source, has_keys

NAME = "litellm"

# What a call is, by LiteLLM's name for it without the `a` of asynchronous ones. No entry: a turn.
_CALL_TYPES = {
    "embedding": "embedding", "rerank": "rerank", "moderation": "other", "search": "tool",
    "vector_store_search": "other", "transcription": "other", "speech": "other",
}  # fmt: skip
_AWAITED = (
    *_CALL_TYPES,
    "completion",
    "text_completion",
    "responses",
    "image_generation",
    "image_edit",
    "anthropic_messages",
    "generate_content",
)
_TOOL_CALLS = ("call_mcp_tool", "list_mcp_tools")
# Nothing that a user asked, nothing that is billed by itself: files, batches, threads, assistants.
_HOUSEKEEPING = ("batch", "file", "assistant", "thread", "fine_tuning", "vector_store", "get_messages",
                 "add_message", "video_")  # fmt: skip
_TIERS = {"default": "standard", "standard": "standard", "flex": "flex", "priority": "priority",
          "batch": "batch"}  # fmt: skip
_VERDICTS = {
    "success": "pass", "guardrail_flagged": "flag", "flagged": "flag", "guardrail_intervened": "block",
    "blocked": "block", "guardrail_failed_to_respond": "error", "failure": "error",
}  # fmt: skip
_TRUTHS = {"true": True, "false": False}  # the table has them as text
_STATUSES = {"success": "ok", "failure": "error"}
_STAGES = {"pre_call": "input", "during_call": "input", "post_call": "output", "pre_mcp_call": "tool",
           "logging_only": "output"}  # fmt: skip

_AT_ONCE_MS = 2
_MADE_UP = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

# Kept in `attributes` under their names; of `metadata`, what stands for the key, the team, the client.
_KEPT = (
    "request_tags", "model_id", "litellm_call_id", "saved_cache_cost", "autorouter_savings", "stream",
    "agent_id", "billing_agent_id", "mcp_namespaced_tool_name", "request_model_access_groups",
)  # fmt: skip
_KEPT_METADATA = (
    "user_api_key_alias",
    "user_api_key_team_alias",
    "user_api_key_org_id",
    "user_api_key_project_alias",
    "spend_logs_metadata",
    "requester_metadata",
    "applied_guardrails",
    "attempted_retries",
    "attempted_fallbacks",
    "original_model_group",
)
# Read by fields above, or left out: secrets, addresses, texts, prices, LiteLLM's own accounts.
_READ = frozenset(
    {
        "id",
        "request_id",
        "trace_id",
        "session_id",
        "call_type",
        "response_cost",
        "spend",
        "cost_breakdown",
        "status",
        "status_fields",
        "custom_llm_provider",
        "total_tokens",
        "prompt_tokens",
        "completion_tokens",
        "startTime",
        "endTime",
        "completionStartTime",
        "response_time",
        "request_duration_ms",
        "model",
        "model_group",
        "metadata",
        "cache_hit",
        "end_user",
        "user",
        "team_id",
        "messages",
        "response",
        "error_str",
        "error_information",
        "model_parameters",
        "hidden_params",
        "guardrail_information",
        "model_map_information",
        "api_key",
        "api_base",
        "cache_key",
        "organization_id",
        "requester_ip_address",
        "user_agent",
        "proxy_server_request",
        "created_at",
        "updated_at",
        "response_cost_failure_debug_info",
        "zero_cost_diagnostic",
        "autorouter_savings_estimate",
        "autorouter_baseline_observation",
        "standard_built_in_tools_params",
    }
)


def lines(record: Any) -> list[Line] | None:
    if isinstance(record, Mapping) and isinstance(record.get("standard_logging_object"), Mapping):
        record = record["standard_logging_object"]
    if not isinstance(record, Mapping) or "call_type" not in record or "startTime" not in record:
        return None
    return list(_Call(record).lines())


class _Call:
    """One call: a payload, or a row of the table, which says the same in other places."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.said = said
        self.metadata: Any = unpacked(said.get("metadata")) or {}
        self.id = first(said.get("request_id"), said.get("id"))
        self.kind = _call_type(said.get("call_type"))
        self.usage = first(
            self._of_metadata("usage_object"),
            inner(said, "hidden_params", "usage_object"),
            inner(unpacked(said.get("response")), "usage"),
        )
        self.status = first(said.get("status"), self._of_metadata("status"))
        self.cached = _TRUTHS.get(str(said.get("cache_hit")).lower(), False)

    def _of_metadata(self, *names: str) -> Any:
        return inner(self.metadata, *names)

    def lines(self) -> Iterator[Line]:
        if self.kind in _TOOL_CALLS:
            yield self.tool()
            return
        is_turn = self.kind not in _CALL_TYPES and not any(name in self.kind for name in _HOUSEKEEPING)
        if is_turn:
            yield self.query()
        if self.is_billed():
            yield self.cost()
        yield from self.guardrails()
        yield from self.retrievals()

    def is_billed(self) -> bool:
        """Not where LiteLLM's cache answered, nor where nothing came of it."""
        return not self.cached and any(
            self.said.get(name)
            for name in ("total_tokens", "prompt_tokens", "completion_tokens", "response_cost", "spend")
        )

    def envelope(self, event_id: Any) -> Line:
        said = self.said
        return {
            "event_id": event_id,
            "ts": when(said.get("startTime")),
            "source": NAME,
            "workspace": first(
                said.get("team_id"), self._of_metadata("user_api_key_team_id"), "default"
            ),
            "project": self._of_metadata("user_api_key_project_id"),
            "trace_id": first(said.get("trace_id")),
            "session_id": self.session(),
            "user_id": first(
                said.get("end_user"),
                self._of_metadata("user_api_key_end_user_id"),
                inner(said, "model_parameters", "user"),
                self._of_metadata("user_api_key_user_id"),
                said.get("user"),
            ),
        }

    def session(self) -> Any:
        """`trace_id`, and the table's `session_id`, hold the session that the client named; where it
        named none, an id that was made up for this call alone: then people's pauses tell sessions."""
        named = first(self.said.get("session_id"), self.said.get("trace_id"))
        return None if isinstance(named, str) and _MADE_UP.fullmatch(named) else named

    def query(self) -> Line:
        said = self.said
        body = unpacked(said.get("proxy_server_request"))
        messages = unpacked(
            first(said.get("messages") or None, inner(body, "messages"), inner(body, "input"))
        )
        response = unpacked(said.get("response"))
        choices = inner(response, "choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        answer = first(inner(choice, "message"), inner(response, "output"), inner(choice, "text"))
        calls = inner(choice, "message", "tool_calls")
        error = said.get("error_information") or self._of_metadata("error_information")
        return spoken(
            {
                "kind": "query",
                **self.envelope(self.id),
                "status": _STATUSES.get(str(self.status or "success"), self.status),
                "operation": self.kind or None,
                "provider": first(said.get("custom_llm_provider")),
                "model_requested": first(said.get("model_group")),
                "model": first(said.get("model")),
                "error_type": first(inner(error, "error_class"), inner(error, "error_code")),
                "finish_reason": inner(choice, "finish_reason"),
                "refused": True if inner(choice, "message", "refusal") else None,
                "cache_hit": _TRUTHS.get(str(said.get("cache_hit")).lower()),
                "latency_ms": self.latency(),
                "llm_ms": None if self.cached else self.latency(),
                "first_token_ms": self.first_token(),
                "context_tokens": said.get("prompt_tokens") or None,
                "context_limit_tokens": whole(
                    inner(said, "model_map_information", "model_map_value", "max_input_tokens")
                ),
                "prompt_name": self._of_metadata("prompt_management_metadata", "prompt_id"),
                "tool_calls": len(calls) if isinstance(calls, list) else None,
                "attachments": attachments_in(messages),
                "query_text": asked_in(messages),
                "response_text": text_of(first(inner(answer, "content"), answer)),
                "error_message": first(said.get("error_str"), inner(error, "error_message")),
                "attributes": self.attributes(),
            }
        )  # fmt: skip

    def latency(self) -> float | None:
        """In the table a failure has no duration: both its times are the moment when it was written."""
        took = milliseconds(self.said.get("startTime"), self.said.get("endTime"))
        written = "request_id" in self.said and self.status == "failure"
        return None if written and took is not None and 0 <= took < _AT_ONCE_MS else took

    def first_token(self) -> float | None:
        """Only of a stream: otherwise LiteLLM writes the end there."""
        if self.said.get("completionStartTime") == self.said.get("endTime"):
            return None
        return milliseconds(self.said.get("startTime"), self.said.get("completionStartTime"))

    def cost(self) -> Line:
        said, usage = self.said, self.usage
        prompt, answer = (
            inner(usage, "prompt_tokens_details"),
            inner(usage, "completion_tokens_details"),
        )
        read = first(inner(prompt, "cached_tokens"), inner(usage, "cache_read_input_tokens")) or None
        written = first(
            inner(prompt, "cache_creation_tokens"),
            inner(prompt, "cache_write_tokens"),
            inner(usage, "cache_creation_input_tokens"),
        ) or None  # fmt: skip
        for_an_hour = inner(prompt, "cache_creation_token_details", "ephemeral_1h_input_tokens") or None
        heard, seen = inner(prompt, "audio_tokens") or None, inner(prompt, "image_tokens") or None
        reasoned = inner(answer, "reasoning_tokens") or None
        spoke = inner(answer, "audio_tokens") or None
        return spoken(
            {
                "kind": "cost",
                **self.envelope(self.id),
                "query_id": self.id,
                "call_type": _CALL_TYPES.get(self.kind, "generation"),
                "provider": first(said.get("custom_llm_provider")),
                "model": first(said.get("model"), said.get("model_group")),
                "service_tier": _TIERS.get(
                    str(
                        first(
                            inner(said, "cost_breakdown", "service_tier"),
                            inner(unpacked(said.get("response")), "service_tier"),
                        )
                    )
                ),
                "input_tokens": without(said.get("prompt_tokens"), read, written, heard, seen),
                "cache_read_tokens": read,
                "cache_write_tokens": without(written, for_an_hour),
                "cache_write_1h_tokens": for_an_hour,
                "audio_input_tokens": heard,
                "image_input_tokens": seen,
                "output_tokens": without(said.get("completion_tokens"), reasoned, spoke),
                "reasoning_tokens": reasoned,
                "audio_output_tokens": spoke,
                "reported_cost": money(first(said.get("response_cost"), said.get("spend"))),
                "attributes": self.tags(),
            }
        )

    def tool(self) -> Line:
        called = self._of_metadata("mcp_tool_call_metadata")
        return spoken(
            {
                "kind": "tool",
                **self.envelope(self.id),
                "tool": first(
                    inner(called, "namespaced_tool_name"),
                    inner(called, "name"),
                    self.said.get("mcp_namespaced_tool_name"),
                    self.kind,
                ),
                "agent": inner(called, "mcp_server_name"),
                "status": "error" if self.status == "failure" else "ok",
                "latency_ms": self.latency(),
            }
        )

    def guardrails(self) -> Iterator[Line]:
        checks = self.said.get("guardrail_information") or self._of_metadata("guardrail_information")
        checks = checks if isinstance(checks, list) else [checks] if checks else []
        for place, check in enumerate(checks):
            status = inner(check, "guardrail_status")
            if status == "not_run":
                continue
            verdict = _VERDICTS.get(str(status), status)
            if verdict == "pass" and inner(check, "masked_entity_count"):
                verdict = "mask"
            mode = inner(check, "guardrail_mode")
            begun = inner(check, "start_time")
            yield spoken(
                {
                    "kind": "guardrail",
                    **self.envelope(f"{self.id}:guardrail:{place}"),
                    "ts": when(begun) if begun else when(self.said.get("startTime")),
                    "query_id": self.id,
                    "guardrail": inner(check, "guardrail_name"),
                    "provider": inner(check, "guardrail_provider"),
                    "policy": inner(check, "policy_template"),
                    "stage": _STAGES.get(str(mode[0] if isinstance(mode, list) and mode else mode)),
                    "verdict": verdict,
                    "latency_ms": milliseconds(begun, inner(check, "end_time")),
                }
            )

    def retrievals(self) -> Iterator[Line]:
        searches = self._of_metadata("vector_store_request_metadata")
        for place, search in enumerate(searches if isinstance(searches, list) else []):
            found = inner(search, "vector_store_search_response", "data")
            found = found if isinstance(found, list) else []
            begun = inner(search, "start_time")
            yield spoken(
                {
                    "kind": "retrieval",
                    **self.envelope(f"{self.id}:retrieval:{place}"),
                    "ts": when(begun) if begun else when(self.said.get("startTime")),
                    "query_id": self.id,
                    "data_source": inner(search, "vector_store_id"),
                    "retriever": inner(search, "custom_llm_provider"),
                    "status": "ok",
                    "latency_ms": milliseconds(begun, inner(search, "end_time")),
                    "query_text": text_of(inner(search, "query")),
                    "result_count": len(found),
                    "documents": [
                        spoken(
                            {
                                "doc_id": first(
                                    inner(one, "file_id"), inner(one, "filename"), f"{rank}"
                                ),
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

    def tags(self) -> Line | None:
        tags = unpacked(self.said.get("request_tags"))
        return {"request_tags": tags} if tags else None

    def attributes(self) -> Line | None:
        kept = Leftovers()
        for name, value in self.said.items():
            if name in _KEPT:
                value = unpacked(value)
                if value not in (None, "", [], {}):
                    kept.keep(name, value, known=True)
            elif name not in _READ and value not in (None, "", [], {}):
                kept.keep(name, value, known=False)
        for name in _KEPT_METADATA:
            value = self._of_metadata(name)
            if value not in (None, "", [], {}):
                kept.keep(name, value, known=True)
        return kept.attributes()


def _call_type(value: Any) -> str:
    """Without the `a` that says that somebody awaited it."""
    name = str(value or "").removeprefix("CallTypes.")
    plain = name.removeprefix("a")
    return plain if plain in _AWAITED else name


def _tells(head: bytes) -> bool:
    """Lines, or the elements of an array."""
    return _has(head) or (
        head.lstrip().startswith(b"[") and _has(head.lstrip()[1:].replace(b"\n", b" "))
    )


_has = has_keys("call_type", "startTime", "custom_llm_provider")

LITELLM = Source(NAME, _tells, lines, records=split_values)

# Rows are written once, a while after they began: in batches, and when the call is over.
_SPEND = Log(
    name="spend",
    needs='"LiteLLM_SpendLogs"',
    select="""select row_to_json(logs) as said, logs."startTime" as moment
              from "LiteLLM_SpendLogs" as logs""",
    texts=("messages", "response", "proxy_server_request"),
)
TABLES = Database(LITELLM, (_SPEND,))
