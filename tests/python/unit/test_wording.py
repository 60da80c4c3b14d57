"""How numbers are said."""

import re
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestration.errors import AssayError
from orchestration.reports.wording import Wording


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        ("0", "$0.00"),
        ("1234567.8", "$1,234,568"),
        ("99.999", "$100.00"),
        ("12.346", "$12.35"),
        ("0.0125", "$0.0125"),
        ("0.00000012", "$0.000000120"),
        ("-3", "\N{MINUS SIGN}$3.00"),
        ("0.000000001", "$0.000000001"),
    ],
)
def test_money_is_rounded_to_what_matters(usd: str, said: str) -> None:
    assert Wording().money(Decimal(usd)) == said


@given(st.decimals(min_value="0.000001", max_value=10**9, places=9))
@example(Decimal("10.5"))
def test_said_money_is_within_a_percent(usd: Decimal) -> None:
    said = Decimal(Wording().money(usd).replace("$", "").replace(",", ""))
    assert abs(said - usd) <= usd / 100


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=4), st.integers(0, 10**9))
def test_what_was_said_may_be_written_and_nothing_else(usd: Decimal, count: int) -> None:
    words = Wording()
    text = f"It cost {words.money(usd)}, for {words.count(count)} queries (p95)."
    words.require_said(text)
    other = re.sub(r"\d+", "", text) + " and 123456789012 more"
    with pytest.raises(AssayError, match="123456789012"):
        words.require_said(other)


def test_no_change_without_a_figure_before() -> None:
    words = Wording()
    assert words.change(5, None) == words.change(5, 0) == words.change(None, 5) == ""
    assert words.points(0.5, 0.25) == "+25.0 points"
