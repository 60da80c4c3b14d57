"""Putting questions to engines, one query at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestration.bench.dashboards.answers import Answer, difference
from orchestration.bench.dashboards.engines import Engine
from orchestration.bench.dashboards.queries import Question
from orchestration.bench.timing import timed

# Of every query, so many are also asked of all workspaces at once.
_OF_ALL = 20


@dataclass
class Asked:
    """Milliseconds of the marts for one query: of a workspace each, and of all at once."""

    query: str
    one: list[float]
    of_all: list[float]


@dataclass
class Compared:
    """Milliseconds by flavour for one query; `checked` questions had their answers compared."""

    query: str
    times: dict[str, list[float]]
    checked: int = 0
    differences: list[str] = field(default_factory=list)


def ask_marts(engine: Engine, query: str, questions: list[Question]) -> Asked:
    everywhere = [Question(each.day, None) for each in questions[:_OF_ALL]]
    # How a session starts is not the question.
    engine.ask(questions[0].ask(query, "mart"))
    return Asked(
        query,
        [_ask(engine, query, "mart", question)[0] for question in questions],
        [_ask(engine, query, "mart", question)[0] for question in everywhere],
    )


def compare(engines: Mapping[str, Engine], query: str, questions: list[Question]) -> Compared:
    """All are asked in turn, so that whatever else the machine does meets all of them.

    Once more of all workspaces, for the answer alone: who reads raw logs may take minutes for it.
    """
    compared = Compared(query, {flavour: [] for flavour in engines})
    for flavour, engine in engines.items():
        engine.ask(questions[0].ask(query, flavour))
    for question in [*questions, Question(questions[0].day, None)]:
        answers = {}
        for flavour, engine in engines.items():
            milliseconds, answers[flavour] = _ask(engine, query, flavour, question)
            if question.workspace is not None:
                compared.times[flavour].append(milliseconds)
        for flavour, answer in answers.items():
            if flavour != "mart" and (found := difference(answers["mart"], answer)):
                compared.differences.append(f"{query}, {flavour}: {found}")
        compared.checked += 1
    return compared


def _ask(engine: Engine, query: str, flavour: str, question: Question) -> tuple[float, Answer]:
    statement = question.ask(query, flavour)
    answers: list[Answer] = []
    milliseconds = timed(lambda: answers.append(engine.ask(statement)))
    return milliseconds, answers[0]
