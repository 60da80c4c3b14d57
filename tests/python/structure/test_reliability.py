"""docs/reliability.md names tests and mutants that exist, for every fault that it speaks of."""

import re

from mutant_registry import ROOT, is_there, mutants

PAGE = (ROOT / "docs" / "reliability.md").read_text()
ROWS = {
    int(cells[0]): cells
    for line in PAGE.splitlines()
    if (cells := [cell.strip() for cell in line.split("|")[1:-1]]) and cells[0].isdigit()
}
_QUOTED = re.compile(r"`([^`]+)`")


def test_every_fault_has_its_row_and_every_row_a_test() -> None:
    """Prevents a promise that nobody keeps."""
    assert sorted(ROWS) == [*range(1, 24), *range(27, 31)]
    assert [number for number, cells in ROWS.items() if "::" not in cells[3]] == []


def test_every_test_on_the_page_exists() -> None:
    named = [name for cells in ROWS.values() for name in _QUOTED.findall(cells[3])]
    assert [name for name in named if not is_there(f"tests/python/{name}")] == []


def test_every_mutant_on_the_page_exists() -> None:
    known = {mutant.name for mutant in mutants()}
    named = {name for cells in ROWS.values() for name in _QUOTED.findall(cells[4])}
    assert named - known == set()
