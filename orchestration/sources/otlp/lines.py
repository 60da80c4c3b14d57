"""What a span becomes: lines of the contract.

Each span is translated by itself. The id of its trace is the id of its query, so that spans of a turn
meet in the warehouse in whatever order and batches they come.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import msgspec

from orchestration.landing.contract import KINDS
from orchestration.sources.langfuse.spans import OBSERVED, span_lines
from orchestration.sources.leftovers import short
from orchestration.sources.otlp.calls import cost_of, generation_of, query_of, tool_of
from orchestration.sources.otlp.envelope import as_it_came, envelope_of_lines
from orchestration.sources.otlp.judgements import JUDGEMENTS, evaluations, guardrail_of, judged
from orchestration.sources.otlp.reading import Reading, envelope_of, known_id, read
from orchestration.sources.otlp.retrievals import retrieval_of
from orchestration.sources.otlp.spans import Span
from orchestration.sources.source import CAME_AS, Line

_FIELDS = {kind: frozenset(struct.__struct_fields__) for kind, struct in KINDS.items()}
_ANYWHERE = frozenset().union(*_FIELDS.values())
_FIXED = frozenset({"event_id", "attributes"})


def lines_of(spans: Iterable[Any]) -> Iterator[Line]:
    for span in spans:
        try:
            yield from _lines(span) if isinstance(span, Span) else [_kept(span)]
        except Exception:  # whatever a span holds, those beside it land
            yield _unread(span)


def _kept(span: Any) -> Line:
    """No kind of the contract: such a line is refused, and kept."""
    return {"kind": "otlp_span", "span": span, CAME_AS: None}


def _unread(span: Span) -> Line:
    return {"kind": "otlp_span", CAME_AS: partial(as_it_came, span)}


def _lines(span: Span) -> list[Line]:
    if OBSERVED in span.attributes:
        return _observed(span)
    reading = read(span)
    reading.envelope = envelope_of_lines(reading)
    maker = _MAKERS.get(reading.role or "")
    lines = maker(reading) if maker else []
    if lines:
        lines[0]["attributes"] = reading.leftovers()
    if span.events or (reading.lists and not JUDGEMENTS.isdisjoint(reading.lists)):
        lines += evaluations(reading)
    around = reading.around["ours"]
    if around or reading.ours or span.twice:
        for line in lines:
            _say(line, around)
            _say(line, reading.ours)
            if span.twice:
                line["attributes"] = _repeating(reading)
    return lines


def _observed(span: Span) -> list[Line]:
    """Of an SDK of Langfuse's."""
    if span.twice:
        return [_unread(span)]
    around = envelope_of(span.origin)
    ids = {
        "id": known_id(span.span_id),
        "trace_id": known_id(span.trace_id),
        "parent_observation_id": known_id(span.parent_span_id),
    }
    lines = [{**around["fields"], **line} for line in span_lines(span, ids)]
    for line in lines:
        _say(line, around["ours"])
        line[CAME_AS] = partial(as_it_came, span)
    return lines


def _say(line: Line, ours: Line) -> None:
    names = _FIELDS[line["kind"]]
    for name, value in ours.items():
        if name in names and name not in _FIXED:
            line[name] = value
        elif name not in _ANYWHERE:
            attributes = line["attributes"] = line.get("attributes") or {}
            attributes.setdefault("unknown", {})[f"assay.{name}"] = short(value)


def _repeating(reading: Reading) -> msgspec.Raw:
    """An object that has its keys twice as the span has them: the line will be refused for it."""
    pairs = [*reading.span.twice.items(), *reading.span.attributes.items()]
    encode = msgspec.json.encode
    return msgspec.Raw(b"{" + b",".join(encode(n) + b":" + encode(v) for n, v in pairs) + b"}")


_MAKERS: dict[str, Callable[[Reading], list[Line]]] = {
    "turn": query_of,
    "generation": generation_of,
    "embedding": cost_of,
    "rerank": cost_of,
    "other": cost_of,
    "tool": tool_of,
    "retrieval": retrieval_of,
    "guardrail": guardrail_of,
    "evaluation": judged,
}
