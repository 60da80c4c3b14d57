"""How the bench compares answers, ranks times and judges figures."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orchestration.bench.bars import judge
from orchestration.bench.dashboards.answers import Answer, difference
from orchestration.bench.dashboards.queries import FLAVOURS, QUERIES_DIR, Question, query_names
from orchestration.bench.timing import percentile

COLUMNS = ("workspace", "queries", "cost_usd", "success_rate", "latency_p95_ms")
ROW = ("w1", 3, Decimal("0.100000000"), 2 / 3, 100.0)


def answer(*rows: tuple[Any, ...]) -> Answer:
    return Answer(COLUMNS, list(rows))


def test_spellings_and_orders_of_the_same_answer_agree() -> None:
    other = ("w0", 1, None, None, 7.0)
    theirs = ("w1", Decimal(3), Decimal("0.1"), Decimal("0.666666666667"), Decimal("100.9"))
    assert difference(answer(ROW, other), answer(other, theirs)) is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("workspace", "w2"),
        ("queries", 4),
        ("cost_usd", Decimal("0.100000001")),
        ("cost_usd", None),
        ("success_rate", 0.666667),
        ("latency_p95_ms", 101.1),
    ],
)
def test_each_difference_is_seen(column: str, value: Any) -> None:
    at = COLUMNS.index(column)
    wrong = (*ROW[:at], value, *ROW[at + 1 :])
    assert column in (difference(answer(ROW), answer(wrong)) or "")


def test_a_missing_row_is_seen() -> None:
    assert difference(answer(ROW), answer()) == "1 and 0 rows"


def test_the_bar_of_the_size_counts() -> None:
    figures = {"refresh_vs_rebuild": 40.0}
    small, large, largest = (judge(figures, rows, {}) for rows in (1000, 1_000_000, 10_000_000))
    assert small["refresh_vs_rebuild"]["verdict"] == "not_judged"
    assert large["refresh_vs_rebuild"] == {"value": 40.0, "bar": "at least 15", "verdict": "met"}
    assert largest["refresh_vs_rebuild"]["verdict"] == "missed"


def test_what_was_not_measured_says_why() -> None:
    judged = judge({}, 10_000_000, {"chdb_vs_mart": "not installed"})
    assert list(judged) == ["chdb_vs_mart"]
    assert judged["chdb_vs_mart"]["because"] == "not installed"


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100)])
def test_percentiles_are_discrete(share: float, expected: float) -> None:
    assert percentile(range(1, 101), share) == expected


def test_every_query_has_every_flavour() -> None:
    assert len(query_names()) == 12
    for query in query_names():
        for flavour in FLAVOURS:
            assert (QUERIES_DIR / query / f"{flavour}.sql").exists()
            for workspace in ("w1", None):
                assert "$" not in Question(date(2026, 6, 17), workspace).ask(query, flavour)
