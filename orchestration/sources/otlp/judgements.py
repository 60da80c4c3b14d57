"""What somebody or something thought of a turn: verdicts of guardrails, results of evaluations."""

from collections.abc import Iterator

from orchestration.sources.otlp.calls import METERS, cost_of
from orchestration.sources.otlp.conventions import EVALUATED, VERDICTS
from orchestration.sources.otlp.envelope import event_id, id_of, latency, when
from orchestration.sources.otlp.reading import Reading, known_id
from orchestration.sources.otlp.texts import plain
from orchestration.sources.reading import UNSTATED
from orchestration.sources.source import Line

# Lists of results that hang on a span, and on what it is a part of.
JUDGEMENTS = frozenset(
    scope + noun for scope in ("", "trace.", "session.") for noun in ("evaluations", "annotations")
)


def guardrail_of(reading: Reading) -> list[Line]:
    """A check whose verdict nobody can read is refused rather than counted as passed."""
    word = plain(reading.said.get("output_value"))
    verdict = "error" if reading.span.failed else VERDICTS.get((word or "").strip().lower())
    line = {
        **reading.envelope,
        "kind": "guardrail",
        "query_id": reading.trace_id,
        "guardrail": reading.span.name,
        "verdict": verdict,
        "latency_ms": latency(reading.span),
    }
    return [line]


def judged(reading: Reading) -> list[Line]:
    """An evaluation that is a span: what its model used; and its result, where the span says it."""
    has_used = any(reading.said.get(name) is not None for name in METERS)
    used = cost_of(reading) if has_used else []
    if "evaluation.name" in reading.said:
        used.append(_evaluation(reading, reading.said, "evaluation.", "query", None))
    return used


def evaluations(reading: Reading) -> Iterator[Line]:
    """Results that hang on a span: as events, or as OpenInference's flattened lists."""
    span = reading.span
    for index, event in enumerate(span.events):
        if event.name == EVALUATED:
            yield {
                **_evaluation(reading, event.attributes, "gen_ai.evaluation.", "query", None),
                "event_id": event_id(reading, f"-event-{index}"),
                "ts": when(event.at_ns or span.start_ns),
            }
    for name, items in reading.lists.items():
        if name not in JUDGEMENTS:
            continue
        scope = name.rpartition(".")[0]
        about = "session" if scope == "session" else "query"
        for index, item in sorted(items.items()):
            yield {
                **_evaluation(reading, item, "", about, item),
                "event_id": event_id(reading, f"-{name}-{index}"),
            }


def _evaluation(reading: Reading, said: Line, before: str, about: str, item: Line | None) -> Line:
    score = said.get(f"{before}score.value", said.get(f"{before}score"))
    name = said.get(f"{before}name")
    span = reading.span
    linked = span.linked[0] if len(span.linked) == 1 and reading.role == "evaluation" else None
    in_session = about == "session"
    target = id_of(reading.said.get("session_id")) if in_session else known_id(linked or span.trace_id)
    return {
        **reading.envelope,
        "kind": "evaluation",
        "target_type": about,
        "target_id": target,
        "evaluator": name,
        "evaluator_version": (item or {}).get(f"{before}identifier") or UNSTATED,
        "metrics": {name: score} if isinstance(name, str) and score is not None else {},
        "label": said.get(f"{before}score.label", said.get(f"{before}label")),
        "explanation": plain(said.get(f"{before}explanation")),
    }
