"""How likely the knowledge base has no answer to a question, from its distance to what is covered.

Nobody labels gaps. So parts of what is covered are taken away in turn, and the questions on them are
looked at as if they came in new: that is what a gap looks like, and what the probability is set by.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.scoring.questions.kernel import Floats, GroupModel, Groups, learn
from orchestration.scoring.questions.texts import (
    Questions,
    document_frequency,
    weighed,
)

_FOLDS = 5
_HELD_OUT = 0.2  # of what stays, so that both sides are questions which the model has not seen
_NEIGHBOURS = 10
_BLOCK = 1_024
FEWEST_GROUPS = 3


@dataclass(frozen=True)
class Coverage:
    model: GroupModel
    slope: float
    intercept: float

    def gap_probability(self, some: Questions) -> Floats:
        """At even odds: without anything else known, a gap is as likely as not.

        Questions that come together lean on each other. One odd phrasing is no gap; ten people who ask
        alike, each a little beyond what is covered, are."""
        known = self.intercept + self.slope * shared(self.fit(some), some)
        return np.asarray(1 / (1 + np.exp(known)), np.float64)

    def fit(self, some: Questions) -> Floats:
        """How well the best group fits, each question for itself."""
        return np.asarray(self.model.scores(some).max(axis=1, initial=0.0), np.float64)


def learn_coverage(covered: Questions, groups: Groups, seed: int = 0) -> Coverage | None:
    """`covered`: questions that were answered, and passages; `groups`: the document each belongs to.

    None where too few groups are covered to take any away, or too few examples to tell by distance.
    """
    kinds = int(groups.max()) + 1 if len(groups) else 0
    if kinds < FEWEST_GROUPS:
        return None
    fits, gaps = _taken_away(covered, groups, kinds, seed)
    if len(np.unique(gaps)) < 2:  # nothing to tell apart
        return None
    slope, intercept = _logistic(fits, ~gaps)
    if slope <= 0:  # who fits better would be a gap
        return None
    return Coverage(learn(covered, groups, seed), slope, intercept)


def _taken_away(
    covered: Questions, groups: Groups, kinds: int, seed: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """How well questions fit that the model has not seen, and whether all of their group was away."""
    rng = np.random.default_rng(seed)
    fold_of = rng.permutation(kinds) % min(_FOLDS, kinds)
    fits: list[Floats] = [np.empty(0)]
    gaps: list[NDArray[np.bool_]] = [np.empty(0, np.bool_)]
    for fold in range(min(_FOLDS, kinds)):
        away = fold_of[groups] == fold
        seen = ~away & (rng.random(len(groups)) >= _HELD_OUT)
        if not seen.any():
            continue
        # Whose group has nothing left is as far from what is covered as a gap, and is called covered.
        asked = np.flatnonzero(~seen & (away | np.isin(groups, groups[seen])))
        model = learn(covered[np.flatnonzero(seen)], groups[seen], seed)
        some = covered[asked]
        fits.append(shared(model.scores(some).max(axis=1), some))
        gaps.append(away[asked])
    return np.concatenate(fits), np.concatenate(gaps)


def shared(fit: Floats, some: Questions) -> Floats:
    """Half its own, half that of the questions that are most alike among those that came with it."""
    if len(some) <= _NEIGHBOURS:
        return fit
    said = weighed(some.counts, document_frequency(some.counts))
    half = np.empty(len(fit))
    for start in range(0, len(some), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(some)))
        alike = np.exp(2.0 * (some.vectors[rows] @ some.vectors.T - 1.0))
        alike = 0.5 * np.asarray(alike) + 0.5 * (said[rows] @ said.T).toarray()
        alike[np.arange(len(rows)), rows] = 0
        near = np.argpartition(alike, -_NEIGHBOURS, axis=1)[:, -_NEIGHBOURS:]
        weight = np.take_along_axis(alike, near, axis=1) ** 4
        half[rows] = (weight * fit[near]).sum(axis=1) / weight.sum(axis=1)
    return (fit + half) / 2


def _logistic(fit: Floats, covered: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and intercept of the log-odds, both sides at equal weight, by Newton's method."""
    weight = np.where(covered, 0.5 / covered.mean(), 0.5 / (~covered).mean())
    design = np.column_stack([fit, np.ones(len(fit))])
    found = np.zeros(2)
    for _ in range(50):
        odds = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        slope = design.T @ (weight * (covered - odds)) - 1e-3 * found
        bend = (design * (weight * odds * (1 - odds))[:, None]).T @ design + 1e-3 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        found += step
        if np.abs(step).max() < 1e-9:
            break
    return float(found[0]), float(found[1])
