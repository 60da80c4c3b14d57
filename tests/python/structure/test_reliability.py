"""docs/reliability.md names tests and mutants that exist, for every fault that it speaks of."""

import re
from collections import Counter

from mutant_registry import ROOT, is_there, mutants

PAGE = (ROOT / "docs" / "reliability.md").read_text()
LINES = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines()]
# Those of every reader; a fault has a row in more than one table.
ROWS = [cells for cells in LINES if len(cells) == 5 and ("::" in cells[3] or cells[0].isdigit())]
_QUOTED = re.compile(r"`([^`]+)`")


def test_every_fault_has_its_row_and_every_row_a_test() -> None:
    """Prevents a promise that nobody keeps."""
    numbers = {int(cells[0]) for cells in ROWS if cells[0].isdigit()}
    assert sorted(numbers) == [*range(1, 24), *range(27, 31)]
    assert [cells[0] for cells in ROWS if "::" not in cells[3]] == []


def test_every_test_on_the_page_exists() -> None:
    named = [name for cells in ROWS for name in _QUOTED.findall(cells[3])]
    assert [name for name in named if not is_there(f"tests/python/{name}")] == []


def test_every_mutant_on_the_page_exists() -> None:
    known = {mutant.name for mutant in mutants()}
    named = {name for cells in ROWS for name in _QUOTED.findall(cells[4])}
    assert named - known == set()


def test_the_table_of_mutants_counts_what_is_there() -> None:
    """Prevents a share of guards that hold, of fewer guards than there are."""
    told = {cells[0]: int(cells[1].strip("*")) for cells in LINES if _is_of_areas(cells)}
    entries = Counter(mutant.area for mutant in mutants())
    assert {area for areas in told for area in areas.split(", ")} == {*entries, "all"}
    assert told.pop("all") == entries.total()
    assert told == {areas: sum(entries[area] for area in areas.split(", ")) for areas in told}


def _is_of_areas(cells: list[str]) -> bool:
    return len(cells) == 5 and not cells[0].isdigit() and cells[1].strip("*").isdigit()
