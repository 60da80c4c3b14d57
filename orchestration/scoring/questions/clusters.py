"""Clusters of questions that grow as questions come in, and keep their ids.

A cluster is the sum of its vectors and their number. The product of a vector with the mean of a cluster
is the average likeness to its members, so that joining, founding and merging all follow one rule, that
of average linkage: alike on average is together. Nothing of the past is read again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from orchestration.scoring.embedding import Vectors

Places = NDArray[np.intp]
# Average cosine in the workspace's own space (space.py). Round; NMI moves by 0.01 between 0.25 and 0.4.
ALIKE = 0.3
FEWEST = 3  # questions that found a cluster
# Linkage looks at every pair.
MOST_APART = 3_000
_BLOCK = 8_192


@dataclass
class Clusters:
    """Those of one workspace; row i of `sums` and `sizes` belongs to `ids[i]`."""

    dimensions: int
    ids: list[str] = field(default_factory=list)
    sums: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    sizes: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        self.sums = self.sums.reshape(-1, self.dimensions)

    def nearest(self, vectors: Vectors) -> tuple[Places, Vectors]:
        """The best cluster of each vector, or -1, and how alike they are."""
        best = np.full(len(vectors), -1, np.intp)
        likeness = np.zeros(len(vectors), np.float32)
        if not self.ids:
            return best, likeness
        means = self.sums / self.sizes[:, None].astype(np.float32)
        for start in range(0, len(vectors), _BLOCK):
            alike = vectors[start : start + _BLOCK] @ means.T
            place = alike.argmax(axis=1)
            value = alike[np.arange(len(place)), place]
            best[start : start + _BLOCK] = np.where(value >= ALIKE, place, -1)
            likeness[start : start + _BLOCK] = value
        return best, likeness

    def join(self, places: Places, vectors: Vectors) -> None:
        inside = places >= 0
        np.add.at(self.sums, places[inside], vectors[inside])
        self.sizes += np.bincount(places[inside], minlength=len(self.ids))

    def found(self, vectors: Vectors, name: Callable[[Places], str]) -> Places:
        """New clusters among vectors that are in none; `name` gives an id to members' places."""
        groups = together(vectors)
        places = np.full(len(vectors), -1, np.intp)
        for group in range(int(groups.max(initial=-1)) + 1):
            members = np.flatnonzero(groups == group)
            places[members] = len(self.ids)
            self.ids.append(name(members))
            self.sums = np.vstack([self.sums, vectors[members].sum(axis=0, keepdims=True)])
            self.sizes = np.append(self.sizes, len(members))
        return places

    def merge(self) -> dict[str, str]:
        """Clusters that have grown alike become one, by the id of the first founded: gone -> into."""
        gone: dict[str, str] = {}
        if len(self.ids) < 2:
            return gone
        alike = self._alike(self.sums, self.sizes)
        np.fill_diagonal(alike, -1)
        while True:
            first, second = np.unravel_index(int(alike.argmax()), alike.shape)
            if alike[first, second] < ALIKE:
                break
            kept, lost = sorted((int(first), int(second)))
            into, away = self.ids[kept], self.ids[lost]
            gone = {name: into if at == away else at for name, at in gone.items()} | {away: into}
            self.sums[kept] += self.sums[lost]
            self.sizes[kept] += self.sizes[lost]
            alike[lost], alike[:, lost] = -1, -1
            row = self._alike(self.sums[kept : kept + 1], self.sizes[kept : kept + 1])[0]
            alike[kept] = alike[:, kept] = np.where(alike[kept] > -1, row, -1)
        here = np.array([name not in gone for name in self.ids])
        self.sums, self.sizes = self.sums[here], self.sizes[here]
        self.ids = [name for name in self.ids if name not in gone]
        return gone

    def _alike(self, sums: Vectors, sizes: NDArray[np.int64]) -> Vectors:
        return np.asarray((sums @ self.sums.T) / sizes[:, None] / self.sizes, np.float32)


def together(vectors: Vectors) -> Places:
    """Groups of at least `FEWEST` by average linkage, numbered as they first come; -1 for the rest."""
    groups = np.full(len(vectors), -1, np.intp)
    there = np.flatnonzero(vectors.any(axis=1))[:MOST_APART]
    if len(there) < FEWEST:
        return groups
    pairs = np.triu_indices(len(there), 1)
    apart = np.clip(1 - (vectors[there] @ vectors[there].T)[pairs], 0, 2)
    found = fcluster(linkage(apart, "average"), 1 - ALIKE, "distance")
    _, first, inverse, sizes = np.unique(
        found, return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.full(len(sizes), -1, np.intp)
    large = np.flatnonzero(sizes >= FEWEST)
    rank[large[np.argsort(first[large])]] = np.arange(len(large))
    groups[there] = rank[inverse]
    return groups
