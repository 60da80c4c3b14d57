"""What `make mutants` breaks: each entry of the TOML files here is one small change and the test that
must go red. docs/reliability.md has the figures.
"""

import ast
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[2]
UNIT_TEST = "dbt:"
_NAME = re.compile(r"^  - name: (\w+)$", re.MULTILINE)


class BrokenRegistryError(Exception):
    """An entry that says nothing about a test: its text or its test is not there."""


@dataclass(frozen=True)
class Mutant:
    """`test` is a node of pytest, or `dbt:` and a unit test; `survives` says why none goes red."""

    area: str
    name: str
    file: str
    old: str
    new: str
    test: str
    why: str
    survives: str = ""

    @property
    def is_dbt(self) -> bool:
        return self.test.startswith(UNIT_TEST)

    @property
    def stands_in_the_database(self) -> bool:
        """A database that was made before it does not have it."""
        of_dbt = self.file.startswith(("models/", "macros/", "seeds/", "tests/dbt/"))
        return of_dbt or "/migrations/" in self.file

    @property
    def is_felt_by_its_test_only(self) -> bool:
        """A unit test of dbt reads the SQL of one model, and nothing of what other models say."""
        return self.is_dbt and self.file.startswith("models/")

    def applied(self, text: str) -> str:
        if (found := text.count(self.old)) != 1:
            raise BrokenRegistryError(f"{self.name}: its text stands {found} times in {self.file}")
        if self.old == self.new:
            raise BrokenRegistryError(f"{self.name} changes nothing")
        return text.replace(self.old, self.new)


def mutants(folder: Path = FOLDER) -> list[Mutant]:
    return [
        Mutant(area=path.stem, **entry)
        for path in sorted(folder.glob("*.toml"))
        for entry in tomllib.loads(path.read_text())["mutant"]
    ]


def groups(listed: list[Mutant]) -> list[list[Mutant]]:
    """What may be broken at the same time, the largest first: one change a file and a test."""
    found: list[list[Mutant]] = []
    for mutant in listed:
        if not mutant.is_felt_by_its_test_only:
            found.append([mutant])
            continue
        for group in found:
            if group[0].is_felt_by_its_test_only and not any(
                one.file == mutant.file or one.test == mutant.test for one in group
            ):
                group.append(mutant)
                break
        else:
            found.append([mutant])
    return sorted(found, key=len, reverse=True)


def problems(listed: list[Mutant], root: Path = ROOT) -> list[str]:
    """Why entries could prove nothing, without running any."""
    found = [f"{name} is there twice" for name in _repeated([mutant.name for mutant in listed])]
    for mutant in listed:
        try:
            mutant.applied((root / mutant.file).read_text())
        except (BrokenRegistryError, FileNotFoundError) as problem:
            found.append(str(problem))
        if not is_there(mutant.test, root):
            found.append(f"{mutant.name}: there is no test {mutant.test}")
        if not mutant.why.strip():
            found.append(f"{mutant.name} does not say why it matters")
    return found


def is_there(test: str, root: Path = ROOT) -> bool:
    """A node of pytest (whatever its parameters), or a unit test or a singular test of dbt."""
    if test.startswith(UNIT_TEST):
        return test.removeprefix(UNIT_TEST) in _names_in_dbt(root)
    file, _, node = test.partition("::")
    path = root / file
    return path.is_file() and node.partition("[")[0] in _functions(path)


@cache
def _functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@cache
def _names_in_dbt(root: Path) -> frozenset[str]:
    names = {path.stem for path in (root / "tests" / "dbt" / "singular").rglob("*.sql")}
    for path in (root / "models").rglob("*.yml"):
        names |= {*_NAME.findall(path.read_text().partition("\nunit_tests:\n")[2])}
    return frozenset(names)


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
