"""What Langfuse's SDKs send to a server of Langfuse's: observations as OpenTelemetry spans, and scores.

Names are those of the Python SDK 3 to 5 (`langfuse/_client/attributes.py`). A span has the ids that the
observation would have in an export, so either may land first.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from orchestration.sources.langfuse.observations import Observation
from orchestration.sources.langfuse.scores import score_line
from orchestration.sources.leftovers import lengths
from orchestration.sources.reading import EPOCH, decimal_of
from orchestration.sources.source import CAME_AS, Line, Source, as_it_came

OBSERVED = "langfuse.observation.type"  # what a span has that is Langfuse's own
_METADATA = ("langfuse.observation.metadata", "langfuse.trace.metadata")
_NAMES = {
    OBSERVED: "type", "langfuse.observation.level": "level",
    "langfuse.observation.status_message": "status_message", "langfuse.observation.input": "input",
    "langfuse.observation.output": "output", "langfuse.observation.model.name": "provided_model_name",
    "langfuse.observation.model.parameters": "model_parameters",
    "langfuse.observation.usage_details": "usage_details",
    "langfuse.observation.cost_details": "cost_details",
    "langfuse.observation.completion_start_time": "completion_start_time",
    "langfuse.observation.prompt.name": "prompt_name",
    "langfuse.observation.prompt.version": "prompt_version", "langfuse.trace.name": "trace_name",
    "langfuse.trace.tags": "tags", "langfuse.environment": "environment", "langfuse.release": "release",
    "langfuse.version": "version", "user.id": "user_id", "session.id": "session_id",
    "langfuse.user.id": "user_id", "langfuse.session.id": "session_id",
}  # fmt: skip
# Accounts of the SDK's own, and texts of the trace that its root observation says as well.
_LEFT_OUT = (
    "langfuse.internal.",
    "langfuse.trace.public",
    "langfuse.trace.input",
    "langfuse.trace.output",
)


def span_lines(span: Any, ids: Mapping[str, Any]) -> Iterator[Line]:
    """`span` as `otlp.spans` has it, and its ids as they stand in the warehouse."""
    said: dict[str, Any] = {
        **ids,
        "name": span.name,
        "start_time": _moment(span.start_ns),
        "end_time": _moment(span.end_ns),
        "metadata": {},
    }
    for name, value in span.attributes.items():
        if name in _NAMES:
            said[_NAMES[name]] = value
        elif name.startswith(_METADATA):
            said["metadata"][name.split(".metadata", 1)[1].lstrip(".") or "all"] = _decoded(value)
        elif not name.startswith("langfuse."):
            said["metadata"].setdefault(name, lengths(value))  # somebody's own, whatever it is called
        elif not name.startswith(_LEFT_OUT):
            said[name] = value
    said["completion_start_time"] = _decoded(said.get("completion_start_time"))
    if span.failed:
        said["level"] = "ERROR"
        said.setdefault("status_message", span.message)
    return Observation(said).lines()


def _moment(ns: Any) -> Any:
    """What is no number of nanoseconds stays, for the landing rules to refuse."""
    if not isinstance(ns, int) or isinstance(ns, bool):
        return ns
    try:
        return (EPOCH + dt.timedelta(microseconds=ns // 1000)).isoformat()
    except OverflowError:
        return ns


def _decoded(value: Any) -> Any:
    """Since version 5 strings are JSON, too."""
    if isinstance(value, str) and value[:1] == '"':
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def posted(request: Any) -> list[Line] | None:
    """Scores: a list of them, or the events of a batch, which is how they came until version 4."""
    events = request.get("batch") if isinstance(request, Mapping) else request
    if not isinstance(events, list):
        return None
    return [{**_posted(event), CAME_AS: partial(as_it_came, POSTED.name, [event])} for event in events]


def _posted(event: Any) -> Line:
    is_event = isinstance(event, Mapping) and "body" in event
    body = event["body"] if is_event else event
    if not isinstance(body, Mapping) or (is_event and event.get("type") != "score-create"):
        return {"kind": "langfuse_event", "event": event}  # no kind of the contract: refused, and kept
    said = {_SCORE.get(str(name), str(name)): value for name, value in body.items()}
    said.setdefault("timestamp", event.get("timestamp"))
    if said.get("data_type") is None and decimal_of(said.get("value")) is None:
        said["data_type"] = "CATEGORICAL"
    if said.get("data_type") in ("CATEGORICAL", "TEXT", "CORRECTION"):
        said["string_value"] = said.pop("value", None)
    return score_line({"source": "API", **said})


_SCORE = {
    "traceId": "trace_id", "sessionId": "session_id", "observationId": "observation_id",
    "dataType": "data_type", "configId": "config_id",
}  # fmt: skip
POSTED = Source("langfuse scores", lambda _: False, posted)
