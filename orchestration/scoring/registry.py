"""Every scorer and learner by name. Their modules load when they are used: some bring weights along."""

from importlib import import_module

from orchestration.errors import AssayError
from orchestration.scoring.learner import Learner
from orchestration.scoring.scorer import Scorer

# name -> (what it says, "module:attribute")
SCORERS: dict[str, tuple[str, str]] = {}
LEARNERS: dict[str, tuple[str, str]] = {}


def scorer(name: str) -> Scorer:
    found = _load(SCORERS, name)
    assert isinstance(found, Scorer)
    return found


def learner(name: str) -> Learner:
    found = _load(LEARNERS, name)
    assert isinstance(found, Learner)
    return found


def names() -> list[str]:
    """In the order in which they run: learners build on what scorers said."""
    return [*SCORERS, *LEARNERS]


def _load(known: dict[str, tuple[str, str]], name: str) -> object:
    if name not in known:
        raise AssayError(f"There is no scorer {name!r}. There are: {', '.join(names())}.")
    module, attribute = known[name][1].split(":")
    found = getattr(import_module(module), attribute)
    if found.name != name:
        raise TypeError(f"{module}:{attribute} is called {found.name!r}, not {name!r}.")
    return found
