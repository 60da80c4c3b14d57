"""Phoenix: its Postgres tables. Spans are OpenInference's, so what they become is said in `otlp`.

Annotations by users are feedback, all others evaluations. Names are those of Phoenix 8 to 20
(`phoenix/db/models.py`); a reader's page is `docs/sources/phoenix.md`.
"""

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, LiteralString

from orchestration.sources.database import Database, Log
from orchestration.sources.otlp.lines import lines_of
from orchestration.sources.otlp.retrievals import document_of
from orchestration.sources.otlp.spans import Event, Origin, Span
from orchestration.sources.ratings import in_words, is_by_users, rated
from orchestration.sources.reading import (
    EPOCH,
    UNSTATED,
    decimal_of,
    first,
    inner,
    moment_of,
    spoken,
    when,
)
from orchestration.sources.source import Line, Source

NAME = "phoenix"

# JSON in a text, which Phoenix unpacks: packed again, it is one attribute as everywhere else.
_PACKED = ("metadata", "llm.prompt_template.variables", "tool.parameters", "llm.invocation_parameters")
# Projects that Phoenix fills by itself: its playground, experiments, assistant; and of its judges.
_JUDGES = r"evaluators|dataset-evaluator-[0-9a-f]{24}"
_PHOENIXS = re.compile(rf"playground|Experiment-[0-9a-f]{{24}}|assistant_agent|{_JUDGES}")
_THUMBS = {"thumbs-up": 1, "thumbs_up": 1, "up": 1, "positive": 1, "like": 1, "thumbs-down": -1,
           "thumbs_down": -1, "down": -1, "negative": -1, "dislike": -1}  # fmt: skip


def lines(record: Any) -> list[Line] | None:
    if not isinstance(record, Mapping):
        return None
    if isinstance(record.get("span"), Mapping):
        return list(_span_lines(record["span"], record))
    if isinstance(record.get("annotation"), Mapping):
        return _annotation(record["annotation"], record)
    return None


def _span_lines(said: Mapping[str, Any], around: Mapping[str, Any]) -> Iterator[Line]:
    attributes = dict(_flat(said.get("attributes"), ""))
    attributes.setdefault("openinference.span.kind", said.get("span_kind"))
    if around.get("session_id"):
        attributes.setdefault("session.id", around["session_id"])
    events, project = said.get("events"), around.get("project")
    span = Span(
        origin=Origin({"openinference.project.name": project}),
        trace_id=around.get("trace_id"),
        span_id=said.get("span_id"),
        parent_span_id=said.get("parent_id"),
        name=said.get("name"),
        start_ns=_nanoseconds(said.get("start_time")),
        end_ns=_nanoseconds(said.get("end_time")),
        failed=said.get("status_code") == "ERROR",
        message=said.get("status_message"),
        attributes=attributes,
        events=[
            Event(
                str(inner(event, "name")),
                _nanoseconds(inner(event, "timestamp")),
                dict(_flat(inner(event, "attributes"), "")),
            )
            for event in (events if isinstance(events, list) else ())
        ],
    )
    is_users = not (isinstance(project, str) and _PHOENIXS.fullmatch(project))
    for line in lines_of([span]):
        if is_users:
            yield {**line, "source": NAME}
        elif line["kind"] == "cost":
            judged = {"call_type": "judge"} if re.fullmatch(_JUDGES, str(project)) else {}
            yield {**line, "source": NAME, "query_id": None, **judged}


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """As the span had them: a name for each value, also of lists of objects."""
    if path.endswith(_PACKED) and isinstance(value, Mapping | list):
        yield path, json.dumps(_plain(value), ensure_ascii=False)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _flat(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        for place, one in enumerate(value):
            yield from _flat(one, f"{path}.{place}")
    elif value is not None:
        yield path, _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _nanoseconds(value: Any) -> Any:
    moment = moment_of(value)
    return value if moment is None else (moment - EPOCH) // dt.timedelta(microseconds=1) * 1000


def _annotation(said: Mapping[str, Any], around: Mapping[str, Any]) -> list[Line]:
    about = around.get("about")
    envelope = {
        "event_id": _annotation_id(said, around),
        "ts": when(said.get("created_at")),
        "source": NAME,
        "project": around.get("project"),
        "trace_id": around.get("trace_id"),
        "span_id": around.get("span_id"),
        "session_id": first(around.get("session_id")),
    }
    given = _feedback_kind(said)
    if given is not None and about in ("span", "trace", "session"):
        line = {
            "kind": "feedback",
            **envelope,
            "query_id": around.get("trace_id"),
            **given,
            "comment": first(said.get("explanation")),
            "attributes": {"annotation": said.get("name")},
        }
        return [spoken(line)]
    document = around.get("document")
    targets = {
        "session": ("session", around.get("session_id")),
        "document": ("document", inner(_document(document, said), "doc_id")),
    }
    target_type, target = targets.get(str(about), ("query", around.get("trace_id")))
    score = said.get("score")
    line = {
        "kind": "evaluation",
        **envelope,
        "target_type": target_type,
        "target_id": target,
        "evaluator": first(said.get("name")),
        "evaluator_version": first(said.get("identifier"), UNSTATED),
        "metrics": {} if score is None else {str(said.get("name")): score},
        "label": first(said.get("label")),
        "explanation": first(said.get("explanation")),
        "attributes": {"annotator_kind": said.get("annotator_kind")},
    }
    return [spoken(line)]


def _annotation_id(said: Mapping[str, Any], around: Mapping[str, Any]) -> str:
    """With what it is about: each database counts its annotations from 1."""
    trace = around.get("trace_id")
    target = [trace, around.get("span_id")] if trace else [around.get("session_id")]
    parts = (*target, around.get("about"), "annotation", said.get("id"))
    return "-".join(str(part) for part in parts if part is not None)


def _document(document: Any, said: Mapping[str, Any]) -> Line | None:
    """By the id that the retrieval gave it."""
    if not isinstance(document, Mapping):
        return None
    position = said.get("document_position")
    return document_of(position + 1 if isinstance(position, int) else 1, dict(document))


def _feedback_kind(said: Mapping[str, Any]) -> Line | None:
    by_user = said.get("annotator_kind") == "HUMAN" and said.get("source") != "APP"
    if not by_user or not is_by_users(said.get("name")):
        return None
    label = str(said.get("label") or "").lower()
    if label in _THUMBS:
        return {"type": "thumb", "value": _THUMBS[label]}
    score = decimal_of(said.get("score"))  # a column may hold NaN, which JSON has as a text
    return in_words(label) if score is None else rated(said.get("name"), score)


PHOENIX = Source(NAME, lambda _: False, lines, keeps=True)

# From a trace to its project and session.
_AROUND: LiteralString = """
inner join projects on traces.project_rowid = projects.id
left join project_sessions on traces.project_session_rowid = project_sessions.id
"""
_SPANS: LiteralString = f"""
select
    json_build_object(
        'span', to_jsonb(spans), 'trace_id', traces.trace_id, 'project', projects.name,
        'session_id', project_sessions.session_id
    ) as said,
    spans.start_time as moment
from spans
inner join traces on spans.trace_rowid = traces.id
{_AROUND}
"""
_TEXTS = (
    "span.attributes.llm.input_messages", "span.attributes.llm.output_messages",
    "span.attributes.input", "span.attributes.output", "span.attributes.metadata", "span.events",
)  # fmt: skip


def _annotations(
    table: LiteralString, about: LiteralString, names: LiteralString, joins: LiteralString, text: str
) -> Log:
    """Of one kind of thing: `names` are what tells which one, `joins` where these stand."""
    select: LiteralString = f"""
        select
            json_build_object(
                'annotation', to_jsonb({table}), 'about', '{about}', 'project', projects.name {names}
            ) as said,
            {table}.updated_at as moment
        from {table}
        {joins}
    """
    return Log(f"{about}_annotations", table, select, (text,), optional=True)


_SESSION: LiteralString = ", 'session_id', project_sessions.session_id"
_TRACE: LiteralString = ", 'trace_id', traces.trace_id"
_SPAN: LiteralString = _TRACE + ", 'span_id', spans.span_id"
_DOCUMENT: LiteralString = f"""{_SPAN}, 'document', spans.attributes #> array[
    'retrieval', 'documents', document_annotations.document_position::text, 'document'
]"""
TABLES = Database(
    PHOENIX,
    (
        Log("spans", "spans", _SPANS, _TEXTS),
        _annotations(
            "span_annotations", "span", _SPAN + _SESSION,
            f"""inner join spans on span_annotations.span_rowid = spans.id
                inner join traces on spans.trace_rowid = traces.id {_AROUND}""",
            "annotation.explanation",
        ),
        _annotations(
            "trace_annotations", "trace", _TRACE + _SESSION,
            f"inner join traces on trace_annotations.trace_rowid = traces.id {_AROUND}",
            "annotation.explanation",
        ),
        _annotations(
            "document_annotations", "document", _DOCUMENT,
            f"""inner join spans on document_annotations.span_rowid = spans.id
                inner join traces on spans.trace_rowid = traces.id {_AROUND}""",
            "document.content",
        ),
        _annotations(
            "project_session_annotations", "session", _SESSION,
            """inner join project_sessions
                   on project_session_annotations.project_session_id = project_sessions.id
               inner join projects on project_sessions.project_id = projects.id""",
            "annotation.explanation",
        ),
    ),
)  # fmt: skip
