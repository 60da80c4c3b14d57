"""What is drawn of a report, as far as it says something."""

import datetime as dt

import pytest

from orchestration.reports.charts import svg
from orchestration.reports.document import Chart

CELLS = {"cost": (0.4, 0.4), "demand": (100, 0.96), "latency": (400, 1500, 2500)}
PALE = 'opacity="0.35"'


def drawn(kind: str, days_over: int) -> str:
    rows = [
        (dt.date(2026, 3, 1) + dt.timedelta(number), number < days_over, *CELLS[kind])
        for number in range(3)
    ]
    return svg(Chart(kind, "", "", rows, 1), "UTC")


@pytest.mark.parametrize("kind", CELLS)
def test_a_day_that_is_not_over_is_pale(kind: str) -> None:
    """As the note of the report says. Prevents a latency of one hour that looks like that of a day."""
    assert PALE not in drawn(kind, days_over=3)
    assert PALE in drawn(kind, days_over=2)
