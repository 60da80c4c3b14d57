"""Copies of the project in which mutants live, and how a test is run in one of them."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from mutant_registry import ROOT, UNIT_TEST, Mutant

from orchestration.scoring.evaluation.gates import samples_folder

SCRATCH = ROOT / ".cache" / "mutants"
LIMIT_S = 400
# A test that cannot even be run says nothing about what it guards.
_NOT_THE_TEST = (
    "ImportError", "ModuleNotFoundError", "SyntaxError", "IndentationError", "NameError",
    "UndefinedColumn", "UndefinedTable", "UndefinedFunction", "Compilation Error", "fixture '",
)  # fmt: skip
_COLOURS = re.compile(r"\x1b\[[\d;]*m")


@dataclass(frozen=True)
class Outcome:
    """`verdict` is green, red (`said` is what the test said), or broken: red for another reason."""

    verdict: str
    said: str = ""


class Tree:
    """Everything git knows of, in a folder whose Python finds it first and our packages after it."""

    def __init__(self, name: str) -> None:
        self.folder = SCRATCH / name
        self.held_url = ""
        shutil.rmtree(self.folder, ignore_errors=True)
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        files = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout
        for file in files.decode().split("\0"):
            if file and (ROOT / file).is_file():
                target = self.folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, target)
        environment = self.folder / ".venv"
        venv.create(environment, with_pip=False, symlinks=True)
        ours = sysconfig.get_paths(vars={"base": str(environment), "platbase": str(environment)})
        # A line of a .pth is only a path: what is installed for editing is not followed.
        installed = sysconfig.get_paths()["purelib"]
        Path(ours["purelib"], "mutant.pth").write_text(f"{self.folder}\n{installed}\n")
        self.python = environment / "bin" / Path(sys.executable).name
        for program in ("dbt", "dagster", "assay", "pytest"):
            script = Path(sys.executable).parent / program
            lines = script.read_text().split("\n")
            copy = environment / "bin" / program
            copy.write_text("\n".join([f"#!{self.python}", *lines[1:]]))
            copy.chmod(0o755)
        (self.folder / ".cache" / "tmp").mkdir(parents=True)
        self.tests = self.folder / ".assay" / "tests"
        self.tests.mkdir(parents=True)

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ASSAY_", "PYTHON"))}
        return kept | {
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(self.folder / ".cache" / "tmp"),
            "ASSAY_HOME": str(self.folder / ".assay"),
            "ASSAY_SAMPLES": str(samples_folder()),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self.folder / ".cache" / "hypothesis"),
        }

    def server(self, name: str) -> None:
        """Whose server tests use: the one that is held, or the tree's own, made from its files."""
        link = self.tests / "pg18"
        link.unlink(missing_ok=True)
        home = SCRATCH / name
        home.mkdir(exist_ok=True)
        link.symlink_to(home)

    @contextmanager
    def mutated(self, mutant: Mutant) -> Iterator[None]:
        path = self.folder / mutant.file
        before, stat = path.read_bytes(), path.stat()
        path.write_text(mutant.applied(before.decode()))
        try:
            yield
        finally:
            path.write_bytes(before)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    def run(self, together: Sequence[Mutant]) -> dict[str, Outcome]:
        """Several at once only where none can be felt by another's test."""
        first = together[0]
        own = first.stands_in_the_database and not first.is_dbt
        self.server(f"pg-{self.folder.name}" if own else "pg-held")
        with ExitStack() as changes:
            for mutant in together:
                changes.enter_context(self.mutated(mutant))
            tests = [mutant.test for mutant in together]
            found = self.unit_tests(tests) if first.is_dbt else self.nodes(tests)
        return {mutant.name: found[mutant.test] for mutant in together}

    def nodes(self, tests: Sequence[str], limit_s: int = LIMIT_S) -> dict[str, Outcome]:
        """Nodes of pytest, one process for all of them."""
        report = self.folder / ".cache" / "report.xml"
        report.unlink(missing_ok=True)
        command = [
            str(self.python),
            "-m",
            "pytest",
            "-n",
            "0",
            "-m",
            "",
            f"--junitxml={report}",
            *tests,
        ]
        problem = self._finish(command, limit_s)
        if problem or not report.exists():
            return dict.fromkeys(tests, Outcome("broken", problem or "nothing ran"))
        cases: dict[str, list[Outcome]] = {test: [] for test in tests}
        for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - written by pytest
            for test in tests:
                if _is_of(case, test):
                    cases[test].append(_outcome(case))
        return {test: _worst(found) for test, found in cases.items()}

    def unit_tests(self, tests: Sequence[str]) -> dict[str, Outcome]:
        target = self.folder / ".assay" / "dbt" / "target"
        target.mkdir(parents=True, exist_ok=True)
        names = [test.removeprefix(UNIT_TEST) for test in tests]
        program = str(self.folder / "tests" / "python" / "mutants" / "unit_tests.py")
        ran = subprocess.run(
            [str(self.python), program, self.held_url, str(target), *names],
            cwd=self.folder, env=self.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        try:
            answer = json.loads(ran.stdout.strip().split("\n")[-1])
        except ValueError:
            return dict.fromkeys(tests, Outcome("broken", ran.stderr.strip()[-200:]))
        if answer["problem"]:
            return dict.fromkeys(tests, Outcome("broken", answer["problem"]))
        return {test: _of_dbt(answer["results"].get(test.removeprefix(UNIT_TEST))) for test in tests}

    def _finish(self, command: list[str], limit_s: int) -> str:
        log = self.folder / ".cache" / "log"
        with log.open("w") as out:
            running = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
            try:
                code = running.wait(limit_s)
            except subprocess.TimeoutExpired:
                return f"not done after {limit_s} s"
            finally:
                running.kill()  # also where we are ended ourselves
                running.wait()
        return "" if code in (0, 1) else f"pytest ended with {code}: {log.read_text()[-300:]}"


def _is_of(case: ElementTree.Element, test: str) -> bool:
    file, _, node = test.partition("::")
    name = case.get("name", "")
    module = file.removesuffix(".py").replace("/", ".")
    return case.get("classname") == module and (name == node or name.partition("[")[0] == node)


def _outcome(case: ElementTree.Element) -> Outcome:
    failure, error = case.find("failure"), case.find("error")
    if failure is not None:
        said = " ".join((failure.get("message") or "").split())
        foreign = any(word in said[:200] for word in _NOT_THE_TEST)
        return Outcome("broken" if foreign else "red", said)
    if error is not None:
        return Outcome("broken", " ".join((error.get("message") or "").split()))
    if case.find("skipped") is not None:
        return Outcome("broken", "skipped")
    return Outcome("green")


def _worst(found: list[Outcome]) -> Outcome:
    for verdict in ("red", "broken", "green"):
        for outcome in found:
            if outcome.verdict == verdict:
                return outcome
    return Outcome("broken", "it did not run")


def _of_dbt(result: list[str] | None) -> Outcome:
    if result is None:
        return Outcome("broken", "dbt finds no such unit test")
    status, message = result
    said = " ".join(_COLOURS.sub("", message).split())
    return Outcome({"pass": "green", "fail": "red"}.get(status, "broken"), said)


@contextmanager
def held(trees: Sequence[Tree], *, built: bool) -> Iterator[None]:
    """A server for all trees, with everything built in it where a test needs that."""
    shutil.rmtree(SCRATCH / "pg-held" / "users", ignore_errors=True)
    for tree in trees:
        tree.server("pg-held")
    first, said = trees[0], SCRATCH / "held"
    said.unlink(missing_ok=True)
    node = f"tests/python/mutants/hold.py::test_hold_{'built' if built else 'server'}"
    command: list[Any] = [first.python, "-m", "pytest", "-s", "-n", "0", node]
    environment = first.environment() | {"ASSAY_MUTANTS_HELD": str(said)}
    holder = subprocess.Popen(
        command,
        cwd=first.folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    try:
        while not said.exists():
            if holder.poll() is not None:
                output = holder.stdout.read()[-2000:] if holder.stdout else ""
                raise SystemExit(f"The server of the tests does not start:\n{output}")
            time.sleep(0.2)
        for tree in trees:
            tree.held_url = said.read_text()
            _hand_over(first, tree)
        yield
    finally:
        holder.stdin.close()
        holder.wait()


def _hand_over(first: Tree, other: Tree) -> None:
    """What dbt has read of the project, so that no tree reads it again."""
    made = first.tests / "manifest" / "dbt" / "manifest"
    if made.exists():
        if other is not first:
            shutil.copytree(first.tests / "manifest", other.tests / "manifest")
        target = other.folder / ".assay" / "dbt" / "target"
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy2(made / "partial_parse.msgpack", target)
