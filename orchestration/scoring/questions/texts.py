"""Questions as numbers: what they mean (vectors) and which words they use (weighted by rarity)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from orchestration.scoring.embedding import MOST_CHARACTERS, Embedder, Vectors, embedder

Indices = NDArray[np.intp]
# Words and pairs are counted in this many places: a clash of two is rarer than a misspelling.
PLACES = 2**17
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Questions:
    """Place i of both is one text; a row is all zero where there is nothing to read."""

    vectors: Vectors
    counts: sparse.csr_matrix  # of words and pairs of words

    def __len__(self) -> int:
        return len(self.vectors)

    def __getitem__(self, places: Indices) -> "Questions":
        return Questions(self.vectors[places], self.counts[places])


def questions(
    texts: Sequence[str | None], vectors: Vectors | None = None, model: Embedder | None = None
) -> Questions:
    """`vectors` where they are known already."""
    if vectors is None:
        vectors = (model or embedder()).embed(texts)
    return Questions(vectors, _counts(texts))


def words(text: str) -> list[str]:
    return _WORD.findall(text[:MOST_CHARACTERS].lower())


def document_frequency(counts: sparse.csr_matrix) -> NDArray[np.float32]:
    """Rarity of every place: what is in each text weighs 1, what is in none most."""
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + seen)) + 1, np.float32)


def weighed(counts: sparse.csr_matrix, rarity: NDArray[np.float32]) -> sparse.csr_matrix:
    """Rows of length one, so that a product of two rows is their likeness."""
    heavy = counts.multiply(rarity).tocsr()
    lengths = np.sqrt(np.asarray(heavy.multiply(heavy).sum(axis=1)).ravel())
    scale = np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return sparse.csr_matrix(sparse.diags(scale.astype(np.float32)) @ heavy)


def _counts(texts: Sequence[str | None]) -> sparse.csr_matrix:
    places: list[int] = []
    ends = [0]
    for text in texts:
        said = words(text) if text else []
        pairs = [f"{first} {second}" for first, second in pairwise(said)]
        # surrogatepass: a lone surrogate is a word character like others, and must not end the batch.
        places += {crc32(term.encode("utf-8", "surrogatepass")) % PLACES for term in said + pairs}
        ends.append(len(places))
    ones = np.ones(len(places), np.float32)
    return sparse.csr_matrix((ones, places, ends), shape=(len(texts), PLACES))
