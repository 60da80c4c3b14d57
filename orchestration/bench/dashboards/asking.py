"""Putting questions to an engine, one query at a time."""

from dataclasses import dataclass, field

from orchestration.bench.dashboards.answers import Answer
from orchestration.bench.dashboards.engines import Engine
from orchestration.bench.dashboards.queries import Question
from orchestration.bench.timing import timed

# Of every query, so many are also asked of all workspaces at once.
_OF_ALL = 20


@dataclass
class Asked:
    """Milliseconds of every question; answers only of those that are compared."""

    times: list[float] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


@dataclass
class Round:
    """What one flavour said to one query: of a workspace each, and of all at once."""

    query: str
    one: Asked
    of_all: Asked


def ask_marts(engine: Engine, query: str, questions: list[Question], kept: int) -> Round:
    return Round(
        query,
        _ask(engine, query, "mart", questions, kept),
        _ask(engine, query, "mart", [Question(each.day, None) for each in questions[:_OF_ALL]], 1),
    )


def ask_rival(engine: Engine, flavour: str, query: str, questions: list[Question]) -> Round:
    """A single one of all workspaces, for its answer: who reads raw logs may take minutes."""
    return Round(
        query,
        _ask(engine, query, flavour, questions, len(questions)),
        _ask(engine, query, flavour, [Question(questions[0].day, None)], 1),
    )


def _ask(engine: Engine, query: str, flavour: str, questions: list[Question], kept: int) -> Asked:
    """The first is asked once before, unmeasured: how a session starts is not the question."""
    asked = Asked()
    engine.ask(questions[0].ask(query, flavour))
    for question in questions:
        statement = question.ask(query, flavour)
        answers: list[Answer] = []
        asked.times.append(timed(lambda: answers.append(engine.ask(statement))))  # noqa: B023
        if len(asked.answers) < kept:
            asked.answers += answers
    return asked
