"""Spans in any order, cut into any requests, delivered any number of times: the same marts."""

import json
import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
from otlp_spans import CALL, FAILED, START, attributes, request, span
from test_metamorphic import Worlds, differing

from orchestration.landing.limits import Limits
from orchestration.sources.otlp import OTLP_JSON

TURNS = 12


LARGE = {**CALL, "gen_ai.request.model": "large", "gen_ai.response.model": "large"}
FOUND = {"openinference.span.kind": "RETRIEVER", "retrieval.documents.0.document.id": "kb"}


def _turn(number: int) -> list[dict[str, Any]]:
    """A chain, a retrieval, two calls and a tool; every third time the second call outlives it. Some
    have no chain, only parents that never come; some have parents in a circle."""
    first, at = number * 10, number * 60_000
    who = {"session.id": f"s{number // 3}", "user.id": f"u{number // 5}"}
    chain = {"openinference.span.kind": "CHAIN", **who}
    trace = f"{number + 1:032x}"
    parent = f"{first + (4 if number % 4 == 3 else 1):016x}"
    inside = {"trace": trace, "parentSpanId": parent}
    failed = FAILED if number % 5 == 0 else {}
    tool = {"openinference.span.kind": "TOOL", "tool.name": "calc"}
    long = 900 if number % 3 == 0 else 500
    spans = [
        span(chain, first + 1, trace=trace, at_ms=at, ms=1000),
        span(FOUND, first + 2, at_ms=at + 5, ms=40, **inside),
        span(CALL, first + 3, at_ms=at + 50, ms=300, **inside),
        span(LARGE, first + 4, at_ms=at + 400, ms=long, **inside),
        span(tool, first + 5, at_ms=at + 350, ms=9, status=failed, **inside),
    ]
    return spans[1:] if number % 4 == 1 else spans


def _lines(spans: list[dict[str, Any]]) -> list[bytes]:
    return (OTLP_JSON.translate(request(*spans), Limits()) or b"").splitlines()


def _results(numbers: Sequence[int]) -> list[bytes]:
    """How a turn was judged, as records of a log."""
    records = [
        {"traceId": f"{number + 1:032x}", "spanId": f"{number * 10 + 3:016x}",
         "timeUnixNano": str(START + number), "eventName": "gen_ai.evaluation.result",
         "attributes": attributes({"gen_ai.evaluation.name": "tone",
                                   "gen_ai.evaluation.score.value": number / 10})}
        for number in numbers
    ]  # fmt: skip
    said = {"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}
    return (OTLP_JSON.translate(json.dumps(said).encode(), Limits()) or b"").splitlines()


@pytest.mark.parametrize("seed", [1])
def test_order_requests_and_repetitions_change_no_mart(
    new_built_database: Callable[[], AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
) -> None:
    worlds = Worlds(new_built_database, tmp_path_factory.mktemp("spans"))
    spans = [one for number in range(TURNS) for one in _turn(number)]
    whole = worlds.of_lines(_lines(spans) + _results(range(TURNS)))
    chance = random.Random(seed)
    again = chance.sample(spans, len(spans)) + chance.sample(spans, len(spans) // 2)
    size = len(again) // 5 + 1
    requests = [_lines(again[at : at + size]) for at in range(0, len(again), size)]
    for place, others in enumerate(requests):
        others += _results([*chance.sample(range(TURNS), 5), *range(place, TURNS, len(requests))])
    apart = worlds.of_lines(*requests, each=True)
    assert differing(apart, whole) == set()
    queries = [name for name in whole if name == "core.fct_queries"]
    assert sum(whole[queries[0]].values()) == TURNS
    assert sum(whole["core.fct_evaluations"].values()) == TURNS
    assert sum(apart["core.fct_query_parts"].values()) == sum(
        3 - (number % 4 == 1) for number in range(TURNS)
    )
