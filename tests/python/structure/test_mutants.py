"""What `make mutants` breaks is still there, and so are the tests that must see it."""

from pathlib import Path

import pytest
from mutant_registry import UNIT_TEST, Mutant, mutants, problems

_ENTRY = {
    "area": "a",
    "name": "n",
    "file": "f.py",
    "old": "a < b",
    "new": "a <= b",
    "why": "It counts.",
}


def test_every_mutant_is_one_change_and_has_its_test() -> None:
    """Prevents a registry of changes to code that is gone, which proves nothing and stays green."""
    listed = mutants()
    assert len(listed) >= 60
    assert problems(listed) == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"old": "a > b"}, "stands 0 times"),
        ({"old": "a"}, "stands 2 times"),
        ({"new": "a < b"}, "changes nothing"),
        ({"file": "gone.py"}, "gone.py"),
        ({"test": "test_x.py::test_gone"}, "no test"),
        ({"test": "gone.py::test_x"}, "no test"),
        ({"test": f"{UNIT_TEST}gone"}, "no test"),
        ({"why": " "}, "does not say why"),
    ],
)
def test_an_entry_that_proves_nothing_is_seen(
    tmp_path: Path, changed: dict[str, str], says: str
) -> None:
    (tmp_path / "f.py").write_text("def f(a, b):\n    return a < b\n")
    (tmp_path / "test_x.py").write_text("def test_x():\n    pass\n")
    good = _ENTRY | {"test": "test_x.py::test_x[with a parameter]"}
    assert problems([Mutant(**good)], tmp_path) == []
    (found,) = problems([Mutant(**good | changed)], tmp_path)
    assert says in found


def test_no_name_is_given_twice(tmp_path: Path) -> None:
    (tmp_path / "f.py").write_text("def test_x(a, b): return a < b")
    twice = [Mutant(**_ENTRY, test="f.py::test_x")] * 2
    assert problems(twice, tmp_path) == ["n is there twice"]
