"""How well two sets of scores agree; intervals know that questions were sampled, not answers."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import spearmanr

from orchestration.scoring.scorer import Floats

RESAMPLES = 2_000


def spearman(one: Floats, other: Floats) -> float:
    return float(spearmanr(one, other).statistic)


def clustered_interval(
    clusters: Sequence[str], measure: Callable[[np.ndarray], float]
) -> tuple[float, float]:
    """95 % by bootstrap over clusters; `measure` takes the places of a resample, with repeats."""
    rng = np.random.default_rng(0)
    names, of = np.unique(np.array(clusters), return_inverse=True)
    places = [np.flatnonzero(of == cluster) for cluster in range(len(names))]
    found = [
        measure(np.concatenate([places[pick] for pick in rng.integers(0, len(names), len(names))]))
        for _ in range(RESAMPLES)
    ]
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return float(low), float(high)


def folds(clusters: Sequence[str], count: int) -> np.ndarray:
    """A fold a place, so that no cluster is in two."""
    rng = np.random.default_rng(0)
    names, of = np.unique(np.array(clusters), return_inverse=True)
    return (rng.permutation(len(names)) % count)[of]


def balanced_accuracy(found: np.ndarray, true: np.ndarray) -> float:
    return float((found[true].mean() + (~found[~true]).mean()) / 2)


def best_threshold(scores: Floats, is_bad: np.ndarray) -> float:
    """Below which calling it bad is most often right, both kinds of mistake weighing alike."""
    tried = np.unique(np.round(scores, 2))
    return float(tried[np.argmax([balanced_accuracy(scores < one, is_bad) for one in tried])])
