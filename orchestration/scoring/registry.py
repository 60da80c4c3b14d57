"""Every scorer and learner by name. Their modules load when they are used: some bring weights along."""

from importlib import import_module
from typing import TypeVar

from orchestration.errors import AssayError
from orchestration.scoring.learner import Learner
from orchestration.scoring.scorer import Scorer

_Kind = TypeVar("_Kind", Scorer, Learner)

# name -> (what it says, "module:attribute")
SCORERS: dict[str, tuple[str, str]] = {}
LEARNERS: dict[str, tuple[str, str]] = {}


def scorer(name: str) -> Scorer:
    return _load(SCORERS, name, Scorer)


def learner(name: str) -> Learner:
    return _load(LEARNERS, name, Learner)


def names() -> list[str]:
    """In the order in which they run: learners build on what scorers said."""
    return [*SCORERS, *LEARNERS]


def _load(known: dict[str, tuple[str, str]], name: str, kind: type[_Kind]) -> _Kind:
    if name not in known:
        raise AssayError(f"There is no scorer {name!r}. There are: {', '.join(names())}.")
    module, attribute = known[name][1].split(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, kind) or found.name != name:
        raise TypeError(f"{module}:{attribute} is no {kind.__name__} called {name!r}.")
    return found
