"""How long clusters of questions take to grow by 10,000 when a million stand in them already."""

import resource
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestration.scoring.embedding import Vectors, embedder
from orchestration.scoring.questions.clusters import MOST_APART, Clusters

_TOPICS = 800
_CHUNK = 2_000  # as the learner reads them


@dataclass(frozen=True)
class Grown:
    history: int
    new: int
    clusters: int
    cpu_s: float
    peak_mib: float


def grow(history: int = 1_000_000, new: int = 10_000, seed: int = 0) -> Grown:
    """The arithmetic alone, without reading texts and writing places. One question in ten is on nothing
    that was asked before; the rest lie about as far from their topic as real ones do."""
    rng = np.random.default_rng(seed)
    middles = _unit(rng.normal(size=(_TOPICS, embedder().dimensions)))
    clusters = Clusters(embedder().dimensions)
    waiting = np.zeros((0, embedder().dimensions), np.float32)
    for start in range(0, history, 50_000):
        waiting = _take(clusters, _asked(rng, middles, min(50_000, history - start)), waiting)
    before = time.process_time()
    for start in range(0, new, _CHUNK):
        waiting = _take(clusters, _asked(rng, middles, min(_CHUNK, new - start)), waiting)
    clusters.merge()
    spent = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Grown(history, new, len(clusters.ids), round(spent, 2), round(peak))


def _take(clusters: Clusters, vectors: Vectors, waiting: Vectors) -> Vectors:
    best, _ = clusters.nearest(vectors)
    clusters.join(best, vectors)
    apart = np.vstack([vectors[best < 0], waiting])[:MOST_APART]
    places = clusters.found(apart, lambda members: f"{len(clusters.ids)}-{members[0]}")
    return apart[places < 0]


def _asked(rng: np.random.Generator, middles: Vectors, size: int) -> Vectors:
    topic = rng.integers(0, len(middles), size)
    noise = _unit(rng.normal(size=(size, middles.shape[1])))
    strange = rng.random(size) < 0.1
    return _unit(np.where(strange[:, None], noise, middles[topic] + 1.1 * noise))


def _unit(vectors: NDArray[Any]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
