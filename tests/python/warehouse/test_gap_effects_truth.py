"""Whether `gap_effects` finds an article that helped, and says nothing of one that did not.

Twenty seeds. In each, all topics become better by a fifth on the day that the articles appear, and
drift each by itself besides: before and after alone would praise every article. `make torture` runs it.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from orchestration.landing.lander import Lander
from orchestration.warehouse.build import build_models

pytestmark = pytest.mark.long

SEEDS = range(20)
ARMS = {"helped": -0.3, "same0": 0.0, "same1": 0.0, "same2": 0.0, "harmed": 0.3}
PUBLISHED = date(2026, 2, 10)
BEFORE, SHIFT, DRIFT = 0.5, -0.2, 0.02  # shares of refusals
TOPICS, OF_TOPIC, OF_GAP = 8, 40, 100  # and queries on either side

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Found:
    planted: float
    effect: float
    low: float
    high: float
    verdict: str
    before_and_after: float


@pytest.fixture(scope="module")
def effects(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Found]]:
    folder = tmp_path_factory.mktemp("gaps")
    with new_database() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(folder / "home"))
        land(url, folder)
        build_models(url, ["resource_type:seed", "+gap_effects"])
        with psycopg.connect(url) as session:
            rows = session.execute(
                """select workspace, effect, effect_low, effect_high, verdict, rate_after - rate_before
                   from marts.gap_effects where metric = 'dissatisfied_rate'"""
            ).fetchall()
        yield [Found(ARMS[row[0].partition(":")[2]], *map(_number, row[1:])) for row in rows]


def _number(value: Any) -> Any:
    return value if isinstance(value, str) else float(value)


def land(url: str, folder: Path) -> None:
    path = folder / "lines.jsonl"
    with path.open("w") as file, psycopg.connect(url) as session:
        for seed in SEEDS:
            for arm, planted in ARMS.items():
                workspace = f"{seed}:{arm}"
                names = ["gap", *(f"topic{n}" for n in range(TOPICS))]
                session.cursor().executemany(
                    "insert into ops.question_cluster (cluster_id, kind, workspace, first_asked_at)"
                    " values (%s, %s, %s, '2026-01-01')",
                    [(f"{workspace}:{name}", name.rstrip("0123456789"), workspace) for name in names],
                )
                rng = np.random.default_rng([seed, *arm.encode()])
                for line in product(rng, workspace, planted):
                    file.write(json.dumps({"workspace": workspace, **line}) + "\n")
    with Lander(url) as lander:
        assert lander.land_file(path, 0.0).quarantined == 0


def product(rng: np.random.Generator, workspace: str, planted: float) -> Iterator[dict[str, Any]]:
    yield {"kind": "decision", "event_id": "d", "ts": f"{PUBLISHED}T12:00:00Z", "object_type": "gap",
           "object_id": f"{workspace}:gap", "decision": "publish", "related_id": "article"}  # fmt: skip
    for number in range(-1, TOPICS):
        is_gap = number < 0
        name = "gap" if is_gap else f"topic{number}"
        after = BEFORE + SHIFT + rng.normal(0, DRIFT) + (planted if is_gap else 0)
        for side, share in ((-1, BEFORE), (1, after)):
            refused = rng.random(OF_GAP if is_gap else OF_TOPIC) < np.clip(share, 0, 1)
            for one, is_refused in enumerate(refused.tolist()):
                day = PUBLISHED + timedelta(days=side * (1 + one % 25))
                told = {"ts": f"{day}T09:00:00Z", "event_id": f"{name}{side}:{one}"}
                yield {"kind": "query", "status": "ok", "refused": is_refused, **told}
                yield {"kind": "evaluation", "target_type": "query", "target_id": told["event_id"],
                       "evaluator": "content_gaps" if is_gap else "topics", "evaluator_version": "1",
                       "source": "assay",
                       "metrics": {"probability" if is_gap else "similarity": 0.9},
                       "label": f"{workspace}:{name}", **told}  # fmt: skip


def share(found: list[Found], planted: float, *verdicts: str) -> float:
    of_arm = [one for one in found if one.planted == planted]
    assert len(of_arm) == len(SEEDS) * list(ARMS.values()).count(planted)
    return sum(one.verdict in verdicts for one in of_arm) / len(of_arm)


def test_an_article_that_helped_is_found_and_one_that_did_not_is_not(effects: list[Found]) -> None:
    """And before and after alone would have praised nearly all: three standard errors off by chance."""
    print({planted: {verdict: share(effects, planted, verdict) for verdict in
           ("better", "worse", "cannot_tell")} for planted in set(ARMS.values())})  # fmt: skip
    assert share(effects, -0.3, "better") >= 0.7
    assert share(effects, 0.3, "worse") >= 0.7
    assert share(effects, -0.3, "worse") == share(effects, 0.3, "better") == 0
    # Sixty articles without effect, one interval in twenty: seven or more are a chance of one in forty.
    assert share(effects, 0.0, "better", "worse") <= 6 / 60
    assert share(effects, 0.0, "not_judged") == 0
    naive = np.array([one.before_and_after for one in effects if one.planted == 0])
    assert np.mean(naive < 0) > 0.95
    assert abs(naive.mean() - SHIFT) < 0.03


def test_intervals_of_effects_hold_the_truth_as_often_as_they_say(effects: list[Found]) -> None:
    held = [one.low <= one.planted <= one.high for one in effects]
    errors = np.array([one.effect - one.planted for one in effects])
    print({"held": np.mean(held), "of": len(held), "bias": errors.mean(), "error": errors.std()})
    assert np.mean(held) >= 0.9
    assert abs(errors.mean()) < 0.02
