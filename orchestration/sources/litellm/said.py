"""What a call says of itself: a payload, or a row of the table, which says it in other places."""

import re
from collections.abc import Mapping
from typing import Any

from orchestration.sources.litellm.words import HEALTH_CHECKS, MASTER, TRUTHS, call_type
from orchestration.sources.reading import first, inner, milliseconds, unpacked, when
from orchestration.sources.source import Line

NAME = "litellm"
_AT_ONCE_MS = 2
_MADE_UP = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Said:
    def __init__(self, said: Mapping[str, Any]) -> None:
        self.said = said
        self.metadata: Any = unpacked(said.get("metadata")) or {}
        self.id = first(said.get("request_id"), said.get("id"))
        self.kind = call_type(said.get("call_type"))
        self.usage = first(
            self.of_metadata("usage_object"),
            self.of_metadata("additional_usage_values") or None,
            inner(said, "hidden_params", "usage_object"),
            inner(unpacked(said.get("response")), "usage"),
        )
        self.status = first(said.get("status"), self.of_metadata("status"))
        self.team = first(said.get("team_id"), self.of_metadata("user_api_key_team_id"))
        self.is_users = self.team != HEALTH_CHECKS
        self.cached = TRUTHS.get(str(said.get("cache_hit")).lower(), False)

    def of_metadata(self, *names: str) -> Any:
        return inner(self.metadata, *names)

    def told(self, *names: str) -> Any:
        """What a payload has as a member, and a row in its metadata."""
        return first(inner(self.said, *names), self.of_metadata(*names))

    def envelope(self, event_id: Any) -> Line:
        said = self.said
        return {
            "event_id": event_id,
            "ts": when(said.get("startTime")),
            "source": NAME,
            "workspace": first(self.team if self.is_users else None, "default"),
            "project": self.of_metadata("user_api_key_project_id"),
            "trace_id": first(said.get("trace_id")),
            "session_id": self.session(),
            "user_id": self.user(),
        }

    def user(self) -> Any:
        named = first(
            self.said.get("end_user"),
            self.of_metadata("user_api_key_end_user_id"),
            inner(self.said, "model_parameters", "user"),
            self.of_metadata("user_api_key_user_id"),
            self.said.get("user"),
        )
        return None if named == MASTER else named

    def session(self) -> Any:
        """`trace_id`, and the table's `session_id`, hold the session that the client named; where it
        named none, an id that was made up for this call alone: then people's pauses tell sessions."""
        named = first(self.said.get("session_id"), self.said.get("trace_id"))
        return None if isinstance(named, str) and _MADE_UP.fullmatch(named) else named

    def latency(self) -> float | None:
        """In the table a failure has no duration: both its times are the moment when it was written."""
        took = milliseconds(self.said.get("startTime"), self.said.get("endTime"))
        written = "request_id" in self.said and self.status == "failure"
        return None if written and took is not None and 0 <= took < _AT_ONCE_MS else took
