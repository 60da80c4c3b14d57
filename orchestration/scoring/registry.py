"""Every scorer and learner by name. Their modules load when they are used: some bring weights along."""

from collections.abc import Sequence
from importlib import import_module
from typing import TypeVar

from orchestration.errors import AssayError
from orchestration.scoring.learner import Learner
from orchestration.scoring.scorer import Scorer

_Kind = TypeVar("_Kind", Scorer, Learner)

# name -> (what it says, "module:attribute")
SCORERS: dict[str, tuple[str, str]] = {
    "answer_quality": (
        "How good an answer is: grounding, relevance, completeness, refusal.",
        "orchestration.scoring.answer_quality.scorer:SCORER",
    ),
    "complexity": (
        "How much a prompt asks for, 0 to 1.",
        "orchestration.scoring.complexity:SCORER",
    ),
}
LEARNERS: dict[str, tuple[str, str]] = {
    "judge": (
        "How good an answer is to a language model; off unless ASSAY_JUDGE_URL names one.",
        "orchestration.scoring.judge.learner:LEARNER",
    ),
    "topics": (
        "What a query is about: a topic with an id that stays.",
        "orchestration.scoring.questions.topics:TOPICS",
    ),
    "rephrasing": (
        "How near a query is to the one before it in its session.",
        "orchestration.scoring.questions.rephrased:LEARNER",
    ),
    "content_gaps": (
        "How likely the knowledge base has no answer, and which gap a query belongs to.",
        "orchestration.scoring.questions.gaps:CONTENT_GAPS",
    ),
    "similar_queries": (
        "Past queries that went well, for each of the newest that went wrong; lands nothing.",
        "orchestration.scoring.questions.precedents:LEARNER",
    ),
    "success": (
        "How probably a task or session succeeds, and what drives that.",
        "orchestration.scoring.success_learner:LEARNER",
    ),
}


def scorer(name: str) -> Scorer:
    return _load(SCORERS, name, Scorer)


def learner(name: str) -> Learner:
    return _load(LEARNERS, name, Learner)


def names() -> list[str]:
    """In the order in which they run: learners build on what scorers said."""
    return [*SCORERS, *LEARNERS]


def chosen(some: Sequence[str]) -> list[str]:
    """Those that are named, else all."""
    for name in some:
        if name not in names():
            raise AssayError(f"There is no scorer {name!r}. There are: {', '.join(names())}.")
    return [name for name in names() if not some or name in some]


def _load(known: dict[str, tuple[str, str]], name: str, kind: type[_Kind]) -> _Kind:
    module, attribute = known[name][1].split(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, kind) or found.name != name:
        raise TypeError(f"{module}:{attribute} is no {kind.__name__} called {name!r}.")
    return found
