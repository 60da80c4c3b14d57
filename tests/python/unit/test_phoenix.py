"""Phoenix's rows as lines: what its annotations are called here."""

from typing import Any

import pytest

from orchestration.sources.phoenix import lines


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
