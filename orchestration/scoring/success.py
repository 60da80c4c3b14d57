"""Will a piece of work succeed? From its trajectory: how long it got, what it tried, what went wrong.

A piece of work is a task where one is logged, else a session. Nothing here knows what it was about.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.scoring.scorer import Floats

NAME = "success"
VERSION = "1"

# In this order they are columns, weights and drivers. Counts grow by their logarithm: the tenth
# message says less than the second.
FEATURES = (
    "steps",  # what the user said and what tools were called
    "different_tools",
    "writes",  # calls that change something, by the name of the tool
    "tool_errors",
    "repeated_calls",
    "handed_over",  # calls that pass the work on to a person
    "refusals",  # answers that decline or apologise
    "longest_answer",  # in characters
    "failures",  # turns that ended in an error, a block or a cancellation
    "retries",
    "doubt",  # 1 less the average confidence; 0 where none is logged
)
WRITES = (
    "add|book|buy|cancel|change|create|delete|exchange|insert|modify|order|pay|post|put|refund|remove|"
    "return|send|set|submit|update|write"
)
HANDS_OVER = "transfer|escalate|handoff|hand_over|human"
REFUSES = r"apologi|sorry|unfortunately|unable to|cannot|can't|not able to"

_WRITE = re.compile(rf"^({WRITES})(_|$)", re.IGNORECASE)
_HAND_OVER = re.compile(HANDS_OVER, re.IGNORECASE)
_REFUSAL = re.compile(REFUSES, re.IGNORECASE)


@dataclass(frozen=True)
class Trajectory:
    """A run as a log of messages tells it."""

    asked: int
    answers: Sequence[str]
    calls: Sequence[tuple[str, str]]  # tool and arguments
    tool_errors: int = 0


def features_of(run: Trajectory) -> list[float]:
    """One row of FEATURES, as counts."""
    tools = [tool for tool, _ in run.calls]
    return [
        float(run.asked + len(tools)),
        float(len(set(tools))),
        float(sum(bool(_WRITE.match(tool)) for tool in tools)),
        float(run.tool_errors),
        float(len(run.calls) - len(set(run.calls))),
        float(sum(bool(_HAND_OVER.search(tool)) for tool in tools)),
        float(sum(bool(_REFUSAL.search(answer)) for answer in run.answers)),
        float(max((len(answer) for answer in run.answers), default=0)),
        0.0,
        0.0,
        0.0,
    ]


def columns_of(counts: Floats) -> Floats:
    """What the regression sees of counts: logarithms; unknown is none."""
    return np.log1p(np.maximum(np.nan_to_num(counts), 0.0))
