"""Learns from examples which group a question belongs to: kernel ridge regression on landmarks.

Nearest neighbours listen to one example each; this weighs all of them, in closed form and without a
random start. Landmarks (a sample of the examples) bound its time and memory.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from orchestration.scoring.questions.texts import Questions, document_frequency, weighed

Floats = NDArray[np.float64]
Groups = NDArray[np.intp]
# Round values, the same for every sample and never searched on one that is scored.
MOST_LANDMARKS = 4_000
_SHARPNESS = 2.0  # of the likeness of vectors: exp(-2 (1 - cosine))
_RIDGE = 0.3
_CHUNK = 4_096


@dataclass(frozen=True)
class Likeness:
    """Kernel between texts and landmarks: of meaning and of words, at equal weight."""

    landmarks: Questions
    rarity: NDArray[np.float32]

    def of(self, some: Questions) -> NDArray[np.float32]:
        meaning = np.exp(_SHARPNESS * (some.vectors @ self.landmarks.vectors.T - 1.0))
        same = weighed(some.counts, self.rarity) @ self._said
        return np.asarray(meaning + same.toarray(), np.float32)

    @cached_property
    def _said(self) -> sparse.csr_matrix:
        return weighed(self.landmarks.counts, self.rarity).T.tocsr()


@dataclass(frozen=True)
class GroupModel:
    """`scores` of a question are near 1 for its group and near 0 for others."""

    likeness: Likeness
    weights: Floats | NDArray[np.float32]

    def scores(self, some: Questions) -> Floats:
        parts = [
            self.likeness.of(some[np.arange(start, min(start + _CHUNK, len(some)))]) @ self.weights
            for start in range(0, len(some), _CHUNK)
        ]
        return (
            np.concatenate(parts).astype(np.float64) if parts else np.zeros((0, self.weights.shape[1]))
        )


def learn(examples: Questions, groups: Groups, seed: int = 0) -> GroupModel:
    """`groups`: 0, 1, 2, ... for each example."""
    rng = np.random.default_rng(seed)
    size = min(len(examples), MOST_LANDMARKS)
    places = np.sort(rng.choice(len(examples), size, replace=False))
    likeness = Likeness(examples[places], document_frequency(examples.counts))
    weights = (
        _ridge(likeness, groups) if size == len(examples) else _projected(likeness, examples, groups)
    )
    return GroupModel(likeness, weights)


def _ridge(likeness: Likeness, groups: Groups) -> NDArray[np.float32]:
    """Every example is a landmark: what _projected says of them, without squaring their likeness."""
    gram = likeness.of(likeness.landmarks)
    gram[np.diag_indices(len(gram))] += _RIDGE
    factor = cho_factor(gram, overwrite_a=True, check_finite=False)
    return np.asarray(cho_solve(factor, _members(groups).toarray()), np.float32)


def _projected(likeness: Likeness, examples: Questions, groups: Groups) -> Floats:
    size = len(likeness.landmarks)
    members = _members(groups)
    gram = np.zeros((size, size))
    seen = np.zeros((size, members.shape[1]))
    for start in range(0, len(examples), _CHUNK):
        part = np.arange(start, min(start + _CHUNK, len(examples)))
        near = likeness.of(examples[part]).astype(np.float64)
        gram += near.T @ near
        seen += (members[part].T @ near).T
    gram += _RIDGE * likeness.of(likeness.landmarks)
    # Landmarks that say the same leave it singular without a little more.
    gram[np.diag_indices(size)] += 1e-3
    return np.asarray(cho_solve(cho_factor(gram, overwrite_a=True), seen))


def _members(groups: Groups) -> sparse.csr_matrix:
    """A row an example, with a one in the column of its group."""
    ones = np.ones(len(groups), np.float32)
    return sparse.csr_matrix((ones, groups, np.arange(len(groups) + 1)))
