"""A call through LiteLLM: a query, and a cost unless a cache answered."""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestration.sources.leftovers import Leftovers
from orchestration.sources.litellm.said import Said
from orchestration.sources.litellm.within import guardrails, retrievals, tool
from orchestration.sources.litellm.words import (
    CALL_TYPES,
    HOUSEKEEPING,
    KEPT,
    KEPT_METADATA,
    OWN_METADATA,
    READ,
    STATUSES,
    TIERS,
    TOOL_CALLS,
    TRUTHS,
)
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
    whole,
    without,
)
from orchestration.sources.source import Line
from orchestration.sources.tokens import disjoint


class Call(Said):
    def lines(self) -> Iterator[Line]:
        if not self.is_users:
            if self.is_billed():
                yield self.cost()
            return
        checks = list(guardrails(self))
        if self.kind in TOOL_CALLS:
            yield tool(self)
        elif self.kind not in CALL_TYPES and not any(name in self.kind for name in HOUSEKEEPING):
            yield self.query(is_blocked=any(check.get("verdict") == "block" for check in checks))
        if self.is_billed():
            yield self.cost()
        if self.kind not in TOOL_CALLS:
            yield from checks
            yield from retrievals(self)

    def is_billed(self) -> bool:
        """Not where LiteLLM's cache answered, nor where nothing came of it."""
        return not self.cached and any(
            self.said.get(name)
            for name in ("total_tokens", "prompt_tokens", "completion_tokens", "response_cost", "spend")
        )

    def query(self, *, is_blocked: bool) -> Line:
        said, failed = self.said, self.status == "failure"
        body = unpacked(said.get("proxy_server_request"))
        messages = unpacked(
            first(said.get("messages") or None, inner(body, "messages"), inner(body, "input"))
        )
        response = unpacked(said.get("response"))
        choices = inner(response, "choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        answer = first(inner(choice, "message"), inner(response, "output"), inner(choice, "text"))
        calls = inner(choice, "message", "tool_calls")
        error = said.get("error_information") or self.of_metadata("error_information")
        return spoken(
            {
                "kind": "query",
                **self.envelope(self.id),
                "status": "blocked"
                if failed and is_blocked
                else STATUSES.get(str(self.status or "success"), self.status),
                "operation": self.kind or None,
                "provider": first(said.get("custom_llm_provider")),
                "model_requested": first(said.get("model_group")),
                "model": first(said.get("model")),
                "error_type": first(inner(error, "error_class"), inner(error, "error_code")),
                "finish_reason": inner(choice, "finish_reason"),
                "refused": True if inner(choice, "message", "refusal") else None,
                "cache_hit": TRUTHS.get(str(said.get("cache_hit")).lower()),
                "latency_ms": self.latency(),
                "llm_ms": None if self.cached else self.latency(),
                "first_token_ms": self.first_token(),
                "context_tokens": said.get("prompt_tokens") or None,
                "context_limit_tokens": whole(
                    self.told("model_map_information", "model_map_value", "max_input_tokens")
                ),
                "prompt_name": self.of_metadata("prompt_management_metadata", "prompt_id"),
                "tool_calls": len(calls) if isinstance(calls, list) else None,
                "attachments": attachments_in(messages),
                "query_text": asked_in(messages),
                "response_text": text_of(first(inner(answer, "content"), answer)),
                "error_message": first(said.get("error_str"), inner(error, "error_message")),
                "attributes": self.attributes(),
            }
        )  # fmt: skip

    def first_token(self) -> float | None:
        """Only of a stream: otherwise LiteLLM writes the end there."""
        if self.said.get("completionStartTime") == self.said.get("endTime"):
            return None
        return milliseconds(self.said.get("startTime"), self.said.get("completionStartTime"))

    def cost(self) -> Line:
        said = self.said
        return spoken(
            {
                "kind": "cost",
                **self.envelope(self.id),
                "query_id": self.id if self.is_users else None,
                "call_type": CALL_TYPES.get(self.kind, "generation"),
                "provider": first(said.get("custom_llm_provider")),
                "model": first(said.get("model"), said.get("model_group")),
                "service_tier": TIERS.get(
                    str(
                        first(
                            self.told("cost_breakdown", "service_tier"),
                            inner(unpacked(said.get("response")), "service_tier"),
                        )
                    )
                ),
                **self.tokens(),
                "reported_cost": self.reported_cost(),
                "attributes": self.tags(),
            }
        )

    def tokens(self) -> Line:
        said, usage = self.said, self.usage
        prompt = inner(usage, "prompt_tokens_details")
        answer = inner(usage, "completion_tokens_details")
        written = first(
            inner(prompt, "cache_creation_tokens"),
            inner(prompt, "cache_write_tokens"),
            inner(usage, "cache_creation_input_tokens"),
        ) or None  # fmt: skip
        for_an_hour = inner(prompt, "cache_creation_token_details", "ephemeral_1h_input_tokens") or None
        parts = {
            "cache_read_tokens": first(
                inner(prompt, "cached_tokens"), inner(usage, "cache_read_input_tokens")
            ),
            "cache_write_tokens": written,
            "audio_input_tokens": inner(prompt, "audio_tokens"),
            "image_input_tokens": inner(prompt, "image_tokens"),
            "reasoning_tokens": inner(answer, "reasoning_tokens"),
            "audio_output_tokens": inner(answer, "audio_tokens"),
        }
        wholes = {
            "input_tokens": said.get("prompt_tokens"),
            "output_tokens": said.get("completion_tokens"),
        }
        used = {**wholes, **{name: count or None for name, count in parts.items()}}
        counts = {name: _counted(count) for name, count in used.items() if count is not None}
        return disjoint(counts) | {
            "cache_write_tokens": without(written, for_an_hour),
            "cache_write_1h_tokens": for_an_hour,
        }

    def reported_cost(self) -> Any:
        """Where LiteLLM could not price the call its cost is 0."""
        cost = first(self.said.get("response_cost"), self.said.get("spend"))
        return None if cost == 0 and self.is_unpriced() else money(cost)

    def is_unpriced(self) -> bool:
        """It says what went wrong; or knows no price of the model, and reckoned with none of yours."""
        if self.said.get("response_cost_failure_debug_info"):
            return True
        known = self.told("model_map_information")
        has_none = isinstance(known, Mapping) and known.get("model_map_value", ...) is None
        return has_none and not self.told("cost_breakdown")

    def tags(self) -> Line | None:
        tags = unpacked(self.said.get("request_tags"))
        return {"request_tags": tags} if tags else None

    def attributes(self) -> Line | None:
        kept = Leftovers()
        for name, value in self.said.items():
            if name in KEPT:
                value = unpacked(value)
                if value not in (None, "", [], {}):
                    kept.keep(name, value, known=True)
            elif name not in READ and value not in (None, "", [], {}):
                kept.keep(name, value, known=False)
        for name in (*KEPT_METADATA, *OWN_METADATA):
            value = self.of_metadata(name)
            if value not in (None, "", [], {}):
                if name in OWN_METADATA:
                    kept.keep_words(name, unpacked(value))
                else:
                    kept.keep(name, value, known=True)
        return kept.attributes()


def _counted(count: Any) -> Any:
    """What is no count stays, to be refused."""
    number = whole(count)
    return count if number is None else number
