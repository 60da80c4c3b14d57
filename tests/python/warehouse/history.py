"""Histories of one small assistant: what lands, in any order and any files, and what is done to it.

A history is a list of steps, each of which can be taken at any time. So any part of a history is one
too, which is how hypothesis makes a failing one short; and it can be written down as a test.
"""

import json
from dataclasses import dataclass
from typing import Any

from crashing import LANDING_POINTS
from hypothesis import strategies as st
from oracle import Line

# Few of each, so that lines meet: the same query twice, two costs of it, feedback that edits feedback.
# A name can be longer than an index takes (`oracle.LONG`); two that begin alike stay two.
WORKSPACES = ["default", "default", "other", "LONG"]
QUERIES = [f"q{n}" for n in range(7)]
SESSIONS = [None, "s1", "s2"]
USERS = [None, "u1", "u2", "u3"]
# Around midnight, the turn of a week and of a year, summer time, a leap day; 28 days and more apart.
MOMENTS = [
    "2026-03-01T23:59:59.999Z",
    "2026-03-02T00:00:00Z",
    "2026-03-02T10:30:00+05:30",
    "2026-03-29T00:30:00Z",
    "2026-03-29T01:10:00Z",
    "2026-03-30T12:00:00Z",
    "2025-12-31T23:30:00-01:00",
    "2024-02-29T12:00:00Z",
    "2026-03-02T00:20:00Z",
    "2026-03-09T08:00:00Z",
]


def _maybe(values: list[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.sampled_from(values))


_ENVELOPE = {
    "ts": st.sampled_from(MOMENTS),
    "workspace": st.sampled_from(WORKSPACES),
    "user_id": st.sampled_from(USERS),
    "session_id": st.sampled_from(SESSIONS),
    "project": _maybe(["p"]),
}
_DURATION = st.one_of(st.none(), st.sampled_from([0, 0.5, 1, 99.4, 100, 250, 1e4]))
_KINDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "query": {
        "query_id": _maybe(QUERIES),
        "status": st.sampled_from(["ok", "ok", "error", "cancelled", "blocked"]),
        "surface": _maybe(["chat", "video", "LONG", "LONG!"]),
        "feature": _maybe(["summary", "search"]),
        "provider": _maybe(["p1"]),
        "model": _maybe(["small", "large"]),
        "latency_ms": _DURATION,
        "first_token_ms": _DURATION,
        "retrieval_ms": _DURATION,
        "llm_ms": _DURATION,
        "complexity": _maybe([0, 0.5, 0.6, 0.75, 0.9, 1]),
        "query_text": _maybe(["Why does the API fail?", "Hello"]),
    },
    "cost": {
        "query_id": _maybe([*QUERIES, "never"]),
        "call_type": _maybe(["generation", "judge"]),
        "provider": _maybe(["p1"]),
        "model": st.sampled_from(["small", "large"]),
        "input_tokens": _maybe([0, 1, 1000]),
        "output_tokens": _maybe([0, 7]),
        "reasoning_tokens": _maybe([3]),
        "reported_cost": _maybe(["0", "0.0000000004", "0.0000000005", "1.5", "-0.25"]),
        "currency": st.sampled_from(["USD", "USD", "EUR", "AED"]),
        "service_tier": _maybe(["standard", "batch"]),
    },
    "price": {
        "origin": st.sampled_from(["genai-prices", "override", "negotiated"]),
        "provider": _maybe(["p1"]),
        "model": st.sampled_from(["small", "large"]),
        "for_workspace": _maybe(["other", "LONG"]),
        "valid_from": st.sampled_from(MOMENTS),
        "valid_to": _maybe(["2026-03-29T01:00:00Z"]),
        "withdrawn": st.sampled_from([False, False, True]),
        "above_input_tokens": st.sampled_from([0, 0, 0, 1, 999]),
        "tier_mode": _maybe(["marginal"]),
        "input_price": _maybe(["0", "0.0005", "3", "2.5"]),
        "output_price": _maybe(["15"]),
        "request_price": _maybe(["0.02"]),
    },
    "bill": {
        "provider": st.just("p1"),
        "model": _maybe(["small", "large"]),
        "day": st.sampled_from(["2026-03-01", "2026-03-02"]),
        "amount": st.sampled_from(["1.5", "-0.25", "0"]),
        "currency": st.sampled_from(["USD", "EUR", "AED"]),
        "units": _maybe([{"calls": 2}, {"calls": "?", "input_tokens": 1000}]),
    },
    "feedback": {
        "query_id": _maybe([*QUERIES, "never"]),
        "type": st.sampled_from(["thumb", "stars", "flag", "text", "implicit"]),
        "value": st.sampled_from([-1, 1]),
        "reasons": _maybe([["wrong"], ["slow", "wrong"], ["LONG", "LONG!"]]),
        "solicited": _maybe([True, False]),
        "answered": st.booleans(),
        "supersedes": _maybe([f"feedback{n}" for n in range(8)]),
    },
    "retrieval": {
        "query_id": _maybe(QUERIES),
        "data_source": _maybe(["kb"]),
        "index_version": _maybe(["v1", "v2"]),
        "status": st.sampled_from(["ok", "error"]),
        "latency_ms": _DURATION,
        "result_count": st.sampled_from([0, 1, 2]),
        "documents": st.lists(
            st.fixed_dictionaries(
                {"doc_id": st.sampled_from(["d1", "d2"])},
                optional={
                    "score": st.sampled_from([0, 0.333333, 0.9]),
                    "in_context": st.booleans(),
                    "cited": st.booleans(),
                },
            ),
            max_size=3,
        ),
    },
    "guardrail": {
        "query_id": _maybe(QUERIES),
        "guardrail": st.sampled_from(["pii", "tone"]),
        "category": _maybe(["email"]),
        "verdict": st.sampled_from(["pass", "flag", "block", "mask", "error"]),
        "human_override": _maybe(["upheld", "overturned"]),
        "latency_ms": _DURATION,
    },
    "usage": {
        "feature": st.sampled_from(["summary", "search", "export"]),
        "action": st.just("open"),
        "surface": _maybe(["chat", "video", "LONG", "LONG!"]),
    },
    "outcome": {
        "target_type": st.sampled_from(["session", "task"]),
        "target_id": st.sampled_from(["s1", "s2"]),
        "result": st.sampled_from(["success", "failure", "escalated", "abandoned"]),
    },
    "tool": {
        "query_id": _maybe(QUERIES),
        "tool": st.sampled_from(["search"]),
        "status": st.sampled_from(["ok", "error"]),
    },
    "evaluation": {
        "target_type": st.just("query"),
        "target_id": st.sampled_from(QUERIES),
        "source": st.sampled_from(["assay", "assay", "langfuse"]),
        "evaluator": st.sampled_from(
            ["answer_quality", "judge", "human", "topics", "somebody", "rephrasing", "complexity"]
        ),
        "evaluator_version": st.sampled_from(["9", "10"]),
        "metrics": st.sampled_from(
            [
                {"quality": 0.5},
                {"quality": 1, "grounding": 0.25},
                {"other": 2},
                {"complexity": 0.9},
                {"complexity": 0.6},
                {"refusal": 1},
                # Of neighbours among MOMENTS, which may stop being ones.
                {"likeness": 0.9, "same_words": 0, "after_ms": 1},
                {"likeness": 1, "same_words": 1, "after_ms": 1200000},
            ]
        ),
        "label": _maybe(["t1", "t2"]),
    },
}


@st.composite
def _line(draw: st.DrawFn) -> dict[str, Any]:
    """Few event ids a kind, so that there are duplicates and conflicts (the same id, other content)."""
    kind = draw(
        st.sampled_from(["query"] * 5 + ["cost"] * 3 + ["feedback"] * 3 + ["price"] * 2 + list(_KINDS))
    )
    fields = draw(st.fixed_dictionaries(_ENVELOPE | _KINDS[kind]))
    event_id = f"{kind}{draw(st.integers(0, 11))}"
    line = {"kind": kind, "event_id": event_id, **{k: v for k, v in fields.items() if v is not None}}
    if kind == "price":
        _make_sound(line)
    if kind == "feedback":
        if line["type"] == "stars":
            line["value"] = 3 + line["value"] * 2
        elif line["type"] not in ("thumb", "implicit"):
            del line["value"]
        if line.get("supersedes") == event_id:
            del line["supersedes"]
        if "query_id" not in line and "session_id" not in line:
            line["session_id"] = "s1"
    return line


def _make_sound(price: dict[str, Any]) -> None:
    """What the contract would refuse says nothing about a refresh. Periods still overlap, and tiers
    hang in the air: that is held by a check, and released."""
    if price["withdrawn"]:
        for name in [name for name in price if name.endswith("_price")]:
            del price[name]
    elif not any(name.endswith("_price") for name in price):
        price["input_price"] = "3"
    if price["above_input_tokens"] == 0:
        price.pop("tier_mode", None)
    if "tier_mode" in price:
        price.pop("output_price", None)
        price.pop("request_price", None)
        if not price["withdrawn"]:
            price.setdefault("input_price", "6")
    if price.get("valid_to", "9") <= price["valid_from"]:
        del price["valid_to"]


# What a lander refuses, and why; %s is the rest of a sound line.
_REFUSED = {
    "BAD_JSON": "%s,",
    "BAD_UTF8": '%s,"release":"\udcff"}',
    "NUL_BYTE": '%s,"release":"\0"}',
    "BAD_UNICODE": '%s,"release":"\\ud800"}',
    "DUP_KEY": '%s,"release":"a","release":"a"}',
    "NOT_FINITE": '%s,"attributes":{"a":NaN}}',
    "BAD_TYPE": '%s,"release":7}',
    "MISSING_FIELD": '{"kind":"tool","event_id":"no tool","ts":"2026-03-01T00:00:00Z","status":"ok"}',
    "NO_TZ": '{"kind":"tool","event_id":"no zone","ts":"2026-03-01T00:00:00","tool":"t","status":"ok"}',
    "TIME_WINDOW": '{"kind":"tool","event_id":"o","ts":"1970-01-01T00:00:00Z",'
    '"tool":"t","status":"ok"}',
    "UNKNOWN_KIND": '{"kind":"hologram","event_id":"h","ts":"2026-03-01T00:00:00Z"}',
}


def _refused(reason: str, sound: str) -> Line:
    form = _REFUSED[reason]
    return Line(form.replace("%s", sound.removesuffix("}")), reason)


@dataclass(frozen=True)
class Deliver:
    """A file. `dies` names the point at which its lander is killed; somebody lands it again."""

    lines: tuple[Line, ...]
    batch_lines: int = 10_000
    dies: str | None = None


@dataclass(frozen=True)
class Again:
    """Files that came before, as one or in parts, perhaps in another order and other words."""

    files: tuple[int, ...]
    parts: int = 1
    shuffled: int | None = None
    respelled: bool = False


@dataclass(frozen=True)
class Refresh:
    """`max_rows` decides how many batches it takes in. With `dies` its session ends at one of its
    statements, whichever that is."""

    max_rows: int = 10**6
    dies: int | None = None


@dataclass(frozen=True)
class Poison:
    """A batch that a delta check refuses, released later by `Release`, after the limit was lifted."""

    beside: Line


@dataclass(frozen=True)
class Release:
    pass


@dataclass(frozen=True)
class Replay:
    pass


@dataclass(frozen=True)
class Upgrade:
    """The contract learns the kinds that it did not know."""


@dataclass(frozen=True)
class Score:
    pass


@dataclass(frozen=True)
class Cut:
    """The server restarts, as far as its sessions can tell; with `torture` it really does."""


@dataclass(frozen=True)
class Build:
    full: bool


Step = Deliver | Again | Refresh | Poison | Release | Replay | Upgrade | Score | Cut | Build

_text = _line().map(json.dumps)
_SOUND = _text.map(Line)
_LINES = st.lists(
    st.one_of(
        _SOUND, _SOUND, _SOUND, _SOUND, st.builds(_refused, st.sampled_from(sorted(_REFUSED)), _text)
    ),
    min_size=1,
    max_size=12,
).map(tuple)
_DELIVER = st.builds(
    Deliver,
    _LINES,
    st.sampled_from([10_000, 10_000, 4, 1]),
    st.one_of(st.none(), st.none(), st.none(), st.sampled_from(LANDING_POINTS)),
)
_AGAIN = st.builds(
    Again,
    st.lists(st.integers(0, 9), min_size=1, max_size=3).map(tuple),
    st.integers(1, 3),
    st.one_of(st.none(), st.integers(0, 99)),
    st.booleans(),
)
_REFRESH = st.builds(
    Refresh, st.sampled_from([1, 10, 10**6]), st.one_of(st.none(), st.none(), st.integers(0, 199))
)
_OTHERS = st.one_of(
    st.builds(Poison, _SOUND),
    st.just(Release()),
    st.just(Replay()),
    st.just(Upgrade()),
    st.just(Score()),
    st.just(Cut()),
)
STEPS: st.SearchStrategy[Step] = st.one_of(_DELIVER, _DELIVER, _AGAIN, _REFRESH, _REFRESH, _OTHERS)
HISTORIES = st.lists(STEPS, min_size=2, max_size=9)
# A build takes seconds.
WITH_BUILDS = st.lists(
    st.one_of(STEPS, STEPS, st.builds(Build, st.booleans())), min_size=2, max_size=10
)
# What the contract learns in an `Upgrade`: kinds, and a field of a kind.
UNKNOWN_AT_FIRST = ("bill", "tool", "cost.service_tier", "query.feature")
POISON = Line(
    json.dumps(
        {"kind": "query", "event_id": "poison", "ts": MOMENTS[0], "status": "ok", "latency_ms": 9e10}
    )
)
