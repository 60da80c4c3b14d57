"""`make mutants`: breaks one thing at a time in a copy of the project, and runs the test that must see
it."""

import signal
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

from mutant_registry import Mutant, groups, mutants, problems
from mutant_trees import LIMIT_S, SCRATCH, Outcome, Tree, held

WORKERS = 2
KILLED_AT_LEAST = 0.9
_WORDS = {"red": "killed", "green": "SURVIVED", "broken": "BROKEN"}


def main(wanted: list[str]) -> int:
    listed = mutants()
    if found := problems(listed):
        print("The registry is broken:", *found, sep="\n  ")
        return 2
    chosen = [one for one in listed if not wanted or {one.name, one.area} & {*wanted}]
    known = {one.name for one in listed} | {one.area for one in listed}
    if unknown := {*wanted} - known:
        print(f"There is no mutant and no area {', '.join(sorted(unknown))}.")
        return 2
    SCRATCH.mkdir(parents=True, exist_ok=True)
    trees = [Tree(f"tree-{number}") for number in range(min(WORKERS, len(chosen)))]
    started = time.monotonic()
    with held(trees, built=any(_needs_models(mutant) for mutant in chosen)):
        if red := _red_before(trees, chosen):
            print("Red without any mutant:", *red, sep="\n  ")
            return 2
        outcomes = _run(trees, chosen)
    print(f"{time.monotonic() - started:.0f} s")
    return _judge(chosen, outcomes)


def _needs_models(mutant: Mutant) -> bool:
    """Unit tests of Python never do; of the others, hardly one knows what its fixtures ask for."""
    return not mutant.test.startswith(("tests/python/unit/", "tests/python/structure/"))


def _red_before(trees: list[Tree], chosen: list[Mutant]) -> list[str]:
    """Tests that prove nothing, because they are not green to begin with."""
    dbt = sorted({mutant.test for mutant in chosen if mutant.is_dbt})
    nodes = sorted({mutant.test for mutant in chosen if not mutant.is_dbt})
    print(f"{len(dbt) + len(nodes)} tests without a mutant ...", flush=True)
    # Tests of one file share what they stand on.
    files = sorted({node.partition("::")[0] for node in nodes})
    parts = [{*files[number :: len(trees)]} for number in range(len(trees))]
    found: dict[str, Outcome] = {}

    def run(tree: Tree, part: set[str]) -> None:
        tree.server("pg-held")
        mine = [node for node in nodes if node.partition("::")[0] in part]
        if mine:
            found.update(tree.nodes(mine, LIMIT_S + 30 * len(mine)))

    with ThreadPoolExecutor(len(trees)) as pool:
        list(pool.map(run, trees, parts))
    if dbt:
        found |= trees[0].unit_tests(dbt)
    return [f"{test}: {one.said[:200]}" for test, one in found.items() if one.verdict != "green"]


def _run(trees: list[Tree], chosen: list[Mutant]) -> dict[str, Outcome]:
    free: Queue[Tree] = Queue()
    for tree in trees:
        free.put(tree)
    outcomes: dict[str, Outcome] = {}

    def run(together: list[Mutant]) -> None:
        tree = free.get()
        began = time.monotonic()
        try:
            outcomes.update(found := tree.run(together))
        finally:
            free.put(tree)
        done = f"{len(outcomes):>3}/{len(chosen)} {time.monotonic() - began:4.0f} s"
        for mutant in together:
            outcome = found[mutant.name]
            said = f"{_WORDS[outcome.verdict]:9}{mutant.area:9}{mutant.name:38}{outcome.said[:110]}"
            print(f"{done}  {said}", flush=True)

    with ThreadPoolExecutor(len(trees)) as pool:
        list(pool.map(run, groups(chosen)))
    return outcomes


def _judge(chosen: list[Mutant], outcomes: dict[str, Outcome]) -> int:
    verdicts = {mutant.name: outcomes[mutant.name].verdict for mutant in chosen}
    by_area = Counter((mutant.area, verdicts[mutant.name]) for mutant in chosen)
    print(f"\n{'area':14}{'mutants':>8}{'killed':>8}")
    for area in sorted({mutant.area for mutant in chosen}):
        total = sum(count for (where, _), count in by_area.items() if where == area)
        print(f"{area:14}{total:>8}{by_area[area, 'red']:>8}")
    killed = sum(verdict == "red" for verdict in verdicts.values())
    print(f"{'all':14}{len(chosen):>8}{killed:>8}   {killed / len(chosen):.0%}")
    faults = [name for name, verdict in verdicts.items() if verdict == "broken"]
    for mutant in chosen:
        if verdicts[mutant.name] == "green":
            print(f"survives: {mutant.name}: {mutant.survives or 'nobody says why'}")
            faults += [] if mutant.survives else [mutant.name]
        elif mutant.survives:
            print(f"{mutant.name} is killed, though the registry says why it survives")
            faults.append(mutant.name)
    if faults:
        print("To mend:", ", ".join(faults))
    enough = killed >= KILLED_AT_LEAST * len(chosen)
    return 0 if enough and not faults else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main(sys.argv[1:]))
