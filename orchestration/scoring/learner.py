"""What a learner is: what is found by looking at many queries at once, and kept up to date."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

# An evaluation line as in docs/contract.md. The engine adds `kind`, `event_id`, `source` and the
# version, and `evaluator` where it is the learner's name; one that learns several things of a target
# says "name/thing" each time. What it cost is a line of another kind, with an `event_id` of its own.
Evaluation = dict[str, Any]


@dataclass(frozen=True)
class Lesson:
    """One run of a learner: what is new since its last are the admitted batches in (seq_from, seq_to].

    `land` may be called often. Nothing of the run counts as done before the learner returns; one that
    is repeated finds what it landed already there.
    """

    session: psycopg.Connection[Any]
    seq_from: int
    seq_to: int
    land: Callable[[Iterable[Evaluation]], None]
    say: Callable[[int, int], None]  # progress: done, of how many


@dataclass(frozen=True)
class Learner:
    name: str
    version: str
    learn: Callable[[Lesson], None]
