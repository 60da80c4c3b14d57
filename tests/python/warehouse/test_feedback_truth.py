"""What is learned from feedback and choices, against what the simulator knows of its users.

Twenty made-up products land in one warehouse, each seed with workspaces of its own name. Minutes of
work: `make torture` runs it.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray

from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.scoring.scorer import Floats
from orchestration.simulator.commands import DEFAULT_START_MS
from orchestration.simulator.writer import Order, simulate_days
from orchestration.warehouse.build import build_models

pytestmark = pytest.mark.long

SEEDS = range(1, 21)
DAYS, QUERIES_PER_DAY = 28, 400
KINDS = ("query", "feedback", "usage")
FEW_SEEDS = range(1, 6)
MARTS = ("feedback_quality", "user_preferences", "prompt_versions", "preference_coverage")

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Products:
    url: str
    truths: dict[int, dict[str, Any]]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as session:
            return session.execute(statement.encode()).fetchall()


Spoil = Callable[[dict[str, Any], np.random.Generator], bool]


@pytest.fixture(scope="module")
def products(
    new_database: Callable[[], AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Products]:
    with market(new_database, tmp_path_factory.mktemp("products"), SEEDS, MARTS) as made:
        yield made


@contextmanager
def market(
    new_database: Callable[[], AbstractContextManager[str]],
    folder: Path,
    seeds: Iterable[int],
    marts: Iterable[str],
    spoil: Spoil = lambda _line, _rng: True,
) -> Iterator[Products]:
    """`spoil` may change a line, and tells whether it was logged at all."""
    truths = {}
    with new_database() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(folder / "home"))
        with Lander(url, Limits()) as lander:
            for seed in seeds:
                truths[seed], lines = simulate(folder / str(seed), seed)
                rng = np.random.default_rng(seed)
                path = folder / f"{seed}.jsonl"
                kept = [json.dumps(line) for line in lines if spoil(line, rng)]
                path.write_text("".join(f"{line}\n" for line in kept))
                assert lander.land_file(path, 0.0).quarantined == 0
        build_models(url, ["resource_type:seed", *(f"+{mart}" for mart in marts)])
        yield Products(url, truths)


def simulate(folder: Path, seed: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    for _ in simulate_days(Order(DAYS, QUERIES_PER_DAY, seed, DEFAULT_START_MS, folder, clean=True)):
        pass
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_text())
    lines = []
    for file in truth["files"]:
        for text in (folder / file["name"]).read_text().splitlines():
            line = json.loads(text)
            if line["kind"] in KINDS:
                line["workspace"] = f"{seed}:{line['workspace']}"
                line.pop("query_text", None)
                line.pop("response_text", None)
                lines.append(line)
    return truth, lines


def truly_satisfied(products: Products) -> dict[tuple[str, date], float]:
    """By workspace and week: the share of queries whose user was content, said so or not."""
    sums: dict[tuple[str, date], list[int]] = {}
    for seed, truth in products.truths.items():
        for day in truth["day_totals"]:
            on = date.fromisoformat(day["day"])
            week = date.fromordinal(on.toordinal() - on.weekday())
            cell = sums.setdefault((f"{seed}:{day['workspace']}", week), [0, 0])
            cell[0] += day["true_satisfied"]
            cell[1] += day["queries"]
    return {key: satisfied / queries for key, (satisfied, queries) in sums.items()}


def test_corrected_rates_are_near_the_truth_and_naive_ones_are_not(products: Products) -> None:
    """Prevents a correction that makes it worse. Cells of a week and workspace, over prompts."""
    truth = truly_satisfied(products)
    rows = products.rows(
        """select workspace, week, sum(corrected_rate * queries) / sum(queries),
               sum(positive)::float / sum(positive + negative)
           from marts.feedback_quality where corrected_rate is not null
           group by 1, 2 having sum(positive + negative) >= 20"""
    )
    corrected = np.array([rate - truth[workspace, week] for workspace, week, rate, _ in rows], float)
    naive = np.array([rate - truth[workspace, week] for workspace, week, _, rate in rows], float)
    seeds = np.array([int(workspace.partition(":")[0]) for workspace, *_ in rows])
    assert set(seeds) == set(SEEDS)
    assert np.abs(corrected).mean() < 0.06 < 0.2 < np.abs(naive).mean()
    better = [np.abs(corrected[seeds == s]).mean() < np.abs(naive[seeds == s]).mean() for s in SEEDS]
    assert all(better)


def held(products: Products) -> tuple[Bools, Bools, list[str]]:
    """Of prompt versions and weeks: is the truth in the interval, in the doubted one; the prompt."""
    rows = products.rows(
        """select workspace, prompt_name || ':' || prompt_version, corrected_rate_low,
               corrected_rate_high, doubted_rate_low, doubted_rate_high, queries
           from marts.feedback_quality where corrected_rate is not null"""
    )
    truth = {
        (seed, version): sums["satisfied"] / sums["queries"]
        for seed, found in products.truths.items()
        for version, sums in found["satisfaction"]["prompt_version"].items()
    }
    true = np.array([truth[int(row[0].partition(":")[0]), row[1]] for row in rows])
    ends = np.array([row[2:6] for row in rows], float)
    inside = (ends[:, 0] <= true) & (true <= ends[:, 1])
    doubted = (ends[:, 2] <= true) & (true <= ends[:, 3])
    return inside, doubted, [row[1] for row in rows]


def test_intervals_hold_the_truth_as_often_as_they_say(products: Products) -> None:
    """Prevents intervals that are too narrow: of 95 % intervals over prompt versions and seeds."""
    inside, doubted, prompts = held(products)
    assert np.mean(inside) >= 0.9
    assert np.mean(doubted) >= np.mean(inside)
    # Small cells lean on their workspace, but a prompt that is worse than the rest must not be lost.
    worse = np.array(prompts) == "chat-answer:v4"
    assert np.mean(inside[worse]) >= 0.8


def test_the_worse_prompt_is_never_called_better(products: Products) -> None:
    """The planted version 4 lowers the log-odds by 1.1; small workspaces cannot tell it."""
    rows = products.rows(
        """select verdict, odds_ratio, more_queries_needed, compared_queries from marts.prompt_versions
           where prompt_version = 'v4' and verdict <> 'not_judged'"""
    )
    verdicts = [row[0] for row in rows]
    assert len(rows) > 60
    # By chance one interval in forty lies wholly above one where there is no difference at all.
    assert verdicts.count("better") <= len(rows) / 40
    assert verdicts.count("worse") > 10 * max(1, verdicts.count("better"))
    assert np.median([row[1] for row in rows]) < 0.7
    assert all(row[2] is not None and row[2] >= 0 for row in rows if row[0] == "cannot_tell_yet")


def learned(products: Products) -> Iterator[tuple[float, str | None, str]]:
    """Confidence, what is true (None: no preference), and what was learned."""
    rows = products.rows(
        """select workspace, outside_id, setting, preference, confidence
           from marts.user_preferences inner join vault.subject using (workspace, subject_ref)"""
    )
    for workspace, user, setting, preference, confidence in rows:
        seed, _, name = workspace.partition(":")
        truth = products.truths[int(seed)]["preferences"]["users"][name]
        yield confidence, truth.get(user, {}).get(setting), preference


def test_learned_preferences_are_true_as_often_as_they_say(products: Products) -> None:
    """Prevents a confidence that is a number without a meaning."""
    found = list(learned(products))
    confidence = np.array([row[0] for row in found])
    right: Floats = np.array([float(row[1] == row[2]) for row in found])
    assert len(found) > 5_000
    assert confidence.min() > 0.6
    assert confidence.max() == 0.95
    for low, high in ((0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.96)):
        inside = (confidence >= low) & (confidence < high)
        assert right[inside].mean() >= confidence[inside].mean() - 0.03, (low, inside.sum())
    with_one = [row for row in found if row[1] is not None]
    assert np.mean([row[1] == row[2] for row in with_one]) > 0.97


def test_most_who_chose_often_have_a_learned_preference(products: Products) -> None:
    """Prevents a threshold that nobody reaches: of those who chose anything, over all seeds."""
    ((choosing, learned_people, overriding),) = products.rows(
        "select sum(choosing_users), sum(learned_users), sum(overriding_users)"
        " from marts.preference_coverage"
    )
    assert learned_people / choosing > 0.55
    assert 0 < overriding < choosing


class QuietWhereSure:
    """The content speak up a tenth as often about answers that were given with confidence. What the
    correction assumes is that they tell it as often whatever is known of the query."""

    def __init__(self) -> None:
        self.quiet: set[str] = set()

    def __call__(self, line: dict[str, Any], rng: np.random.Generator) -> bool:
        name = line["workspace"] + line.get("query_id", line["event_id"])
        if line["kind"] == "query" and (line.get("confidence") or 0) >= 0.8:
            self.quiet.add(name)
        is_praise = line["kind"] == "feedback" and line.get("value") in (1, 4, 5)
        return not (is_praise and name in self.quiet) or bool(rng.random() < 0.1)


def asked_and_unasked_mixed_up(line: dict[str, Any], rng: np.random.Generator) -> bool:
    """A product that says of half its feedback the wrong thing about having asked for it."""
    if line["kind"] == "feedback" and line.get("answered", True) and rng.random() < 0.5:
        line["solicited"] = not line.get("solicited", False)
    return True


def test_feedback_that_is_wrong_about_having_been_asked_for_does_no_harm(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path
) -> None:
    spoil = asked_and_unasked_mixed_up
    with market(new_database, tmp_path, FEW_SEEDS, ["feedback_quality"], spoil) as spoiled:
        inside, doubted, _ = held(spoiled)
        assert len(inside) > 300
        assert inside.mean() >= 0.9
        assert doubted.mean() >= 0.95


def said_of_the_assumption(products: Products) -> set[str]:
    return {
        status for (status,) in products.rows("select assumption_status from marts.feedback_quality")
    }


def test_what_the_correction_assumes_holds_here_and_is_said_to(products: Products) -> None:
    """Prevents an alarm that always rings."""
    assert said_of_the_assumption(products) == {"not_contradicted"}


def test_what_the_correction_assumes_is_not_covered_by_its_intervals(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path
) -> None:
    """A known limit (docs/accuracy.md) that the mart tells. Whoever mends it turns this round."""
    with market(new_database, tmp_path, FEW_SEEDS, ["feedback_quality"], QuietWhereSure()) as spoiled:
        inside, doubted, _ = held(spoiled)
        assert len(inside) > 300
        assert inside.mean() < 0.2
        assert doubted.mean() < 0.2
        assert said_of_the_assumption(spoiled) == {"contradicted"}
