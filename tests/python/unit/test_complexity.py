"""The rule of complexity, term by term, and at the borders of its tiers."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.scoring.complexity import SCORER, complexity, has_technical_terms
from orchestration.scoring.scorer import Turns

LONG = "word " * 100


@pytest.mark.parametrize(
    ("text", "attachments", "turn", "expected"),
    [
        ("hello", math.nan, math.nan, 0.0),
        ("word " * 99, 0, 1, 0.0),
        (LONG, 0, 1, 0.2),
        ("What is a JSON payload?", 0, 1, 0.15),
        ("look at these", 2, 1, 0.4),
        ("and now?", 0, 2, 0.1),
        ("why? and when?", 0, 1, 0.1),
        ("why??!?", 0, 1, 0.1),
        ("why??", 0, 1, 0.0),
        # 0.2 + 0.15 + 0.1 + 0.1 is 0.55, and medium; without the history 0.45, and low
        (LONG + "MQTT? how?", 0, 2, 0.55),
        (LONG + "MQTT? how?", 0, 1, 0.45),
        # 0.2 + 0.2 + 0.1 is 0.5 itself
        (LONG + "why? when?", 1, 1, 0.5),
        (LONG + "MQTT? how?", 9, 2, 1.0),
        ("", 0, 1, 0.0),
    ],
)
def test_terms_add_up(text: str, attachments: float, turn: float, expected: float) -> None:
    assert complexity(text, attachments, turn)[0] == expected


@pytest.mark.parametrize(
    "text", ["call `f(x)`", "parse_config fails", "the getUser method", "error in app.py", "SQL join",
             "the API", "firmware 2.4.1"],
)  # fmt: skip
def test_technical_terms(text: str) -> None:
    assert has_technical_terms(text)


@pytest.mark.parametrize(
    "text", ["PLEASE HELP ME NOW", "I am in the USofA", "a nice day", "I'm ok", "A B"]
)
def test_no_technical_terms(text: str) -> None:
    assert not has_technical_terms(text)


def test_a_prompt_without_a_text_is_not_judged() -> None:
    columns: dict[str, Any] = {
        "query_text": [None, "hello"],
        "attachments": np.array([1.0, math.nan]),
        "turn": np.array([1.0, 1.0]),
    }
    said = SCORER.score(Turns(columns)).metrics
    assert math.isnan(said["complexity"][0])
    assert said["complexity"][1] == 0.0


@given(st.text(max_size=300), st.floats(0, 1e6), st.floats(0, 1e6))
def test_complexity_is_a_share(text: str, attachments: float, turn: float) -> None:
    assert 0 <= complexity(text, attachments, turn)[0] <= 1
