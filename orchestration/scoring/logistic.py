"""A small logistic regression: few columns, a ridge, and what each column adds to the odds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestration.scoring.scorer import Floats

_STEPS = 50
# A prior: few things move the odds by more than a factor of two across most of their range.
RIDGE = 10.0
FOLDS = 5


@dataclass(frozen=True)
class Logistic:
    """`weights` belong to columns of mean 0 and spread 1; a column that never varied weighs nothing."""

    centre: Floats
    spread: Floats
    intercept: float
    weights: Floats

    def contributions(self, columns: Floats) -> Floats:
        """What each column adds to the log-odds of the average row, one row of them a row."""
        return (columns - self.centre) / self.spread * self.weights

    def probabilities(self, columns: Floats) -> Floats:
        return sigmoid(self.intercept + self.contributions(columns).sum(axis=1))


def sigmoid(odds: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0)))


def fit(columns: Floats, hits: Floats, ridge: float = RIDGE) -> Logistic:
    """Newton's method; the ridge spares the intercept, so that the average stays what it is."""
    centre, spread = columns.mean(axis=0), columns.std(axis=0)
    varies = spread > 1e-12
    spread = np.where(varies, spread, 1.0)
    design = np.column_stack([np.ones(len(columns)), (columns - centre) / spread * varies])
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 1e-6
    weights = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = sigmoid(design @ weights)
        gradient = design.T @ (chance - hits) + penalty * weights
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-10:
            break
    return Logistic(centre, spread, float(weights[0]), weights[1:] * varies)


def out_of_fold(columns: Floats, hits: Floats, fold: Floats) -> Floats:
    """Each row's probability by a model that saw no row of its fold."""
    chances = np.full(len(hits), np.nan)
    for held in np.unique(fold):
        rest = fold != held
        chances[~rest] = fit(columns[rest], hits[rest]).probabilities(columns[~rest])
    return chances


def folds_of(groups: NDArray[Any], folds: int = FOLDS, seed: int = 0) -> Floats:
    """Rows of one group share a fold, so that nobody is judged by a look at a sibling."""
    names, place = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names))
    return np.asarray(order[place] % folds, np.float64)


def auroc(hits: Floats, scores: Floats) -> float:
    """Chance that a hit scores above a miss; ties count half. NaN where only one of them is there."""
    _, place, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(sizes) - (sizes - 1) / 2)[place]
    positive = hits > 0.5
    good, bad = int(positive.sum()), int((~positive).sum())
    if not good or not bad:
        return float("nan")
    return float((rank[positive].sum() - good * (good + 1) / 2) / (good * bad))


def calibration_slope(hits: Floats, chances: Floats) -> float:
    """1 where a log-odds is worth what it says; below 1 the probabilities are too bold."""
    odds = np.log(np.clip(chances, 1e-9, 1 - 1e-9) / np.clip(1 - chances, 1e-9, 1))[:, None]
    model = fit(odds, hits, 1e-6)
    return float(model.weights[0] / model.spread[0])
