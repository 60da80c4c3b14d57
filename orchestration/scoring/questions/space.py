"""Where a workspace's questions lie, so that what they all share does not make them alike.

Greetings, the product's name, a paragraph that is pasted under every prompt: words count by how rare
they are in the workspace, and the directions along which its questions vary most are taken off (smooth
inverse frequency). Two questions are then alike by what sets them apart from the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import eigh

from orchestration.scoring.embedding import Vectors, embedder
from orchestration.scoring.questions.texts import words

PLACES = 2**15
_SHARED = 4  # directions
FEWEST_TEXTS = 50  # below, everything is rare
MOST_TEXTS = 4_000
_MOST_WORDS = 400  # of a text; those after are logs and pasted pages


@dataclass(frozen=True)
class Space:
    rarity: NDArray[np.float32]  # of every place that a word may fall on
    centre: Vectors
    shared: Vectors  # a row a direction
    texts: int = 0  # that it was learned from

    def vectors(self, texts: Sequence[str | None]) -> Vectors:
        """Of length one; zero for a text that says nothing, or nothing but what all say."""
        raw = _weighed(texts, self.rarity)
        there = raw.any(axis=1, keepdims=True)
        moved = np.where(there, raw - self.centre, 0)
        return _unit(moved - (moved @ self.shared.T) @ self.shared)


def plain() -> Space:
    dimensions = embedder().dimensions
    none = np.zeros((0, dimensions), np.float32)
    return Space(np.ones(PLACES, np.float32), np.zeros(dimensions, np.float32), none)


def learn_space(texts: Sequence[str | None]) -> Space:
    said = [text for text in texts if text and not text.isspace()]
    if len(said) < FEWEST_TEXTS:
        return plain()
    seen = np.zeros(PLACES, np.int64)
    for text in said:
        seen[list({_place(word) for word in words(text)})] += 1
    rarity = np.log((len(said) + 1) / np.maximum(seen, 1)).astype(np.float32)
    raw = _weighed(said, rarity)
    centre = raw.mean(axis=0)
    spread = np.cov(raw - centre, rowvar=False)
    last = len(spread) - 1
    _, directions = eigh(spread, subset_by_index=(last - _SHARED + 1, last))
    shared = np.ascontiguousarray(directions.T[::-1], np.float32)
    return Space(rarity, centre, shared, len(said))


def _weighed(texts: Sequence[str | None], rarity: NDArray[np.float32]) -> Vectors:
    number: dict[str, int] = {}
    columns: list[int] = []
    ends = [0]
    for text in texts:
        said = words(text)[:_MOST_WORDS] if text else []
        columns += [number.setdefault(word, len(number)) for word in said]
        ends.append(len(columns))
    known = list(number)
    weight = rarity[[_place(word) for word in known]] if known else np.zeros(0, np.float32)
    each = embedder().embed(known) * weight[:, None]
    counts = sparse.csr_matrix(
        (np.ones(len(columns), np.float32), columns, ends), shape=(len(texts), len(known))
    )
    return _unit(np.asarray(counts @ each, np.float32))


def _place(word: str) -> int:
    # surrogatepass: a lone surrogate is a word character like others, and must not end the batch.
    return crc32(word.encode("utf-8", "surrogatepass")) % PLACES


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.zeros(vectors.shape, np.float32)
    return np.asarray(np.divide(vectors, lengths, out=unit, where=lengths > 1e-6))
