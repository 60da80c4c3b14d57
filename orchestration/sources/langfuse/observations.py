"""An observation: a part of a turn, a call, or what happened within."""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestration.sources.langfuse.rows import answered, asked, attributes, envelope, is_users, text
from orchestration.sources.langfuse.usage import Usage
from orchestration.sources.langfuse.words import CALLS, JUDGING, TURNS, VERDICTS
from orchestration.sources.reading import first, inner, milliseconds, spoken, text_of, unpacked
from orchestration.sources.source import Line


class Observation:
    def __init__(self, said: Mapping[str, Any]) -> None:
        self.said = said
        self.type = str(said.get("type")).upper()
        self.query_id = first(said.get("trace_id"), said.get("id"))
        # Enriched exports hang what was the root on a row that stands for the trace.
        row = f"t-{said.get('trace_id')}"
        self.is_trace = said.get("id") == row
        self.is_root = said.get("parent_observation_id") in (None, "", row)
        self.usage = Usage(said)
        self.failed = said.get("level") == "ERROR"
        ended = None if self.is_trace else said.get("end_time")
        self.latency = milliseconds(said.get("start_time"), ended)

    def lines(self) -> Iterator[Line]:
        """The first of them carries what no field takes."""
        made = list(self._lines())
        if made:
            made[0]["attributes"] = attributes(self.said, self.usage.unknown)
        yield from map(spoken, made)

    def _lines(self) -> Iterator[Line]:
        if is_users(self.said):
            yield from self._of_turn()
        if self.type in CALLS and self.usage.is_any:
            yield self.cost()

    def _of_turn(self) -> Iterator[Line]:
        if self.type == "GENERATION" or (self.type in TURNS and self.is_root):
            yield self.query()
        elif self.type == "TOOL" or self.type == "AGENT":
            yield self.tool()
        elif self.type == "RETRIEVER":
            yield self.retrieval()
        elif self.type == "GUARDRAIL":
            yield self.guardrail()

    def envelope(self) -> Line:
        said = self.said
        return {
            **envelope(said, "start_time"),
            "span_id": said.get("id"),
            "parent_span_id": first(said.get("parent_observation_id")),
        }

    def query(self) -> Line:
        said = self.said
        is_call = self.type == "GENERATION"
        return {
            "kind": "query",
            **self.envelope(),
            "query_id": self.query_id,
            "status": "error" if self.failed else "ok",
            "error_message": first(said.get("status_message")) if self.failed else None,
            "feature": first(said.get("trace_name"), said.get("name") if self.is_trace else None),
            "operation": None if self.is_trace else self.type.lower(),
            "model": _model(said) if is_call else None,
            "prompt_name": first(said.get("prompt_name")),
            "prompt_version": text(said.get("prompt_version")),
            "assistant_version": first(said.get("version")),
            "latency_ms": self.latency,
            "llm_ms": self.latency if is_call else None,
            "first_token_ms": milliseconds(said.get("start_time"), said.get("completion_start_time")),
            "context_tokens": self.usage.context if is_call else None,
            "query_text": asked(said.get("input")),
            "response_text": answered(said.get("output")),
        }

    def cost(self) -> Line:
        is_judge = self.said.get("environment") in JUDGING
        return {
            "kind": "cost",
            **self.envelope(),
            "query_id": self.query_id if is_users(self.said) else None,
            "call_type": "judge" if is_judge else CALLS[self.type],
            "model": _model(self.said),
            "reported_cost": self.usage.cost,
            **self.usage.tokens,
        }

    def tool(self) -> Line:
        return {
            "kind": "tool",
            **self.envelope(),
            "query_id": self.query_id,
            "tool": first(self.said.get("name")),
            "agent": first(self.said.get("name")) if self.type == "AGENT" else None,
            "status": "error" if self.failed else "ok",
            "latency_ms": self.latency,
        }

    def retrieval(self) -> Line:
        found = _documents(self.said.get("output"))
        return {
            "kind": "retrieval",
            **self.envelope(),
            "query_id": self.query_id,
            "retriever": first(self.said.get("name")),
            "status": "error" if self.failed else "ok",
            "latency_ms": self.latency,
            "result_count": 0
            if self.failed and found is None
            else None
            if found is None
            else len(found),
            "documents": found or None,
            "query_text": asked(self.said.get("input")),
        }

    def guardrail(self) -> Line:
        """A check whose verdict nobody can read is refused rather than counted as passed."""
        said = unpacked(self.said.get("output"))
        word = first(inner(said, "verdict"), inner(said, "action"), inner(said, "passed"), said)
        return {
            "kind": "guardrail",
            **self.envelope(),
            "query_id": self.query_id,
            "guardrail": first(self.said.get("name")),
            "verdict": "error" if self.failed else VERDICTS.get(str(word).strip().lower()),
            "latency_ms": self.latency,
        }


def _model(said: Mapping[str, Any]) -> Any:
    return first(said.get("provided_model_name"), said.get("model"), said.get("internal_model"))


def _documents(value: Any) -> list[Line] | None:
    """A list of passages, in whatever words; None where the output is no list."""
    found = unpacked(value)
    if isinstance(found, Mapping):
        found = first(found.get("documents"), found.get("results"), found.get("output"))
    if not isinstance(found, list):
        return None
    return [
        spoken(
            {
                "doc_id": text(
                    first(
                        inner(one, "id"), inner(one, "doc_id"), inner(one, "metadata", "id"), f"#{rank}"
                    )
                ),
                "rank": rank,
                "score": first(inner(one, "score"), inner(one, "metadata", "score")),
                "text": text_of(
                    first(inner(one, "page_content"), inner(one, "content"), inner(one, "text"), one)
                ),
            }
        )
        for rank, one in enumerate(found, start=1)
    ]
