"""Phoenix's rows as lines: what its annotations are called here."""

import json
from typing import Any

import pytest

from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice, parse
from orchestration.landing.records import Records, slices_of
from orchestration.sources import phoenix
from orchestration.sources.phoenix import PHOENIX, lines
from orchestration.sources.ratings import is_by_users


def annotation(about: str, **around: Any) -> dict[str, Any]:
    """The first of its database."""
    said = {"id": 1, "name": "user feedback", "score": 1, "annotator_kind": "HUMAN", "source": "API",
            "created_at": "2026-03-01T11:00:00Z"}  # fmt: skip
    return {"annotation": said, "about": about, "project": "shop", **around}


@pytest.mark.parametrize(
    ("about", "around", "event_id"),
    [
        ("span", {"trace_id": "a1", "span_id": "b1", "session_id": "s"}, "a1-b1-span-annotation-1"),
        ("trace", {"trace_id": "a1", "session_id": "s"}, "a1-trace-annotation-1"),
        ("document", {"trace_id": "a1", "span_id": "b1"}, "a1-b1-document-annotation-1"),
        ("session", {"session_id": "s"}, "s-session-annotation-1"),
    ],
)
def test_an_annotation_is_told_by_what_it_is_about(
    about: str, around: dict[str, Any], event_id: str
) -> None:
    """Prevents that the first rating of a second Phoenix is a conflict with that of the first."""
    (line,) = lines(annotation(about, **around)) or []
    assert line["event_id"] == event_id
    again = {**around, **{name: "c1" for name in around if name in ("trace_id", "session_id")}}
    (other,) = lines(annotation(about, **again)) or []
    assert other["event_id"] != line["event_id"]


def test_a_users_score_that_is_no_number_is_none() -> None:
    """One NaN ended every import at its row, and was read again by the next."""
    said = annotation("span", trace_id="a1", span_id="b1")
    for label, reasons in ((None, None), ("slow", ["slow"])):
        said["annotation"] |= {"score": "NaN", "label": label}
        (line,) = lines(said) or []
        assert (line["kind"], line["type"], line.get("value")) == ("feedback", "text", None)
        assert line.get("reasons") == reasons
    said["annotation"]["score"] = "1"
    (line,) = lines(said) or []
    assert (line["type"], line["value"]) == ("thumb", 1)


_CALL = {"gen_ai": {"operation": {"name": "chat"}, "request": {"model": "m"},
                    "usage": {"input_tokens": 9}}}  # fmt: skip


def spanned(project: str = "shop", **said: Any) -> dict[str, Any]:
    span = {"span_id": "b1", "name": "chat", "span_kind": "UNKNOWN", "status_code": "OK",
            "start_time": "2026-03-01T11:00:00Z", "end_time": "2026-03-01T11:00:01Z",
            "attributes": _CALL}  # fmt: skip
    return {"span": span | said, "trace_id": "a1", "project": project, "session_id": None}


def test_a_span_whose_kind_phoenix_does_not_know_is_read() -> None:
    """It keeps spans of OpenTelemetry's conventions as they are, and calls some of them UNKNOWN."""
    assert [line["kind"] for line in lines(spanned()) or []] == ["query", "cost"]


@pytest.mark.parametrize(
    "project", ["playground", "assistant_agent", "Experiment-0123456789abcdef01234567"]
)
def test_what_phoenix_asks_by_itself_costs_and_is_no_query(project: str) -> None:
    (line,) = lines(spanned(project)) or []
    assert (line["kind"], line["query_id"]) == ("cost", None)
    assert [line["kind"] for line in lines(spanned(f"my-{project}")) or []] == ["query", "cost"]


@pytest.mark.parametrize("project", ["evaluators", "dataset-evaluator-0123456789abcdef01234567"])
def test_a_judge_of_phoenix_costs_as_a_judge(project: str) -> None:
    (line,) = lines(spanned(project)) or []
    assert (line["kind"], line["query_id"], line["call_type"]) == ("cost", None, "judge")


def test_a_record_that_nobody_foresaw_takes_none_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A type that no translation knew ended the import, and all that came behind never landed."""

    def told(name: str) -> bool:
        if name == "odd":
            raise TypeError
        return is_by_users(name)

    odd, good = (annotation("span", trace_id=trace, span_id="b1") for trace in ("a1", "a2"))
    odd["annotation"]["name"] = "odd"
    records = [json.dumps(one).encode() + b"\n" for one in (odd, good)]
    monkeypatch.setattr(phoenix, "is_by_users", told)
    (part,) = slices_of(Records(PHOENIX, records), Limits())
    assert isinstance(part, Slice)
    parsed = parse(part, Limits())
    assert [(refused.reason.value, refused.path) for _, refused in parsed.refused] == [
        ("MISSING_FIELD", "$.kind")
    ]
    assert [event.trace_id for event in parsed.events] == ["a2"]
