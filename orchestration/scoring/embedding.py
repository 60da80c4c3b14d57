"""Texts as vectors of length one. The packaged model needs no network; others have the same face."""

from collections.abc import Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Vectors = NDArray[np.float32]
# What is longer says the same again; and the tokenizer's time grows with the text.
MOST_CHARACTERS = 4_000
_BLOCK = 4_096  # texts whose tokens are held at once


class Embedder(Protocol):
    name: str
    dimensions: int

    def embed(self, texts: Sequence[str | None]) -> Vectors:
        """A row a text; all zero where there is none."""


class WordLlamaEmbedder:
    """Averaged word vectors: thousands of texts a second on one core."""

    name = "wordllama-256"
    dimensions = 256

    def embed(self, texts: Sequence[str | None]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        there = [place for place, text in enumerate(texts) if text and not text.isspace()]
        for start in range(0, len(there), _BLOCK):
            some = there[start : start + _BLOCK]
            found = _means([_readable(str(texts[place])) for place in some])
            lengths = np.linalg.norm(found, axis=1, keepdims=True)
            vectors[some] = np.divide(found, lengths, out=np.zeros_like(found), where=lengths > 0)
        return vectors


def embedder() -> Embedder:
    return WordLlamaEmbedder()


def vocabulary() -> list[str]:
    """Plain words that the packaged model knows."""
    known: dict[str, int] = _wordllama()[0].get_vocab()
    words = {token[1:] for token in known if token[:1] in "\u2581\u0120"}
    return sorted(word for word in words if len(word) > 3 and word.isascii() and word.islower())


def pack(vectors: Vectors) -> list[bytes]:
    """As vault.embedding holds them."""
    return [row.tobytes() for row in vectors.astype("<f2")]


def unpack(packed: Sequence[bytes], dimensions: int) -> Vectors:
    joined = np.frombuffer(b"".join(packed), "<f2")
    return joined.reshape(len(packed), dimensions).astype(np.float32)


def _readable(text: str) -> str:
    # A lone surrogate is no text to the tokenizer, and would end the whole batch.
    return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode("utf-8", "replace")


def _means(texts: Sequence[str]) -> Vectors:
    """As the package's own embed(), which pads texts to the longest and takes three times as long."""
    tokenizer, weights = _wordllama()
    tokens = [one.ids for one in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    ends = np.cumsum([0, *map(len, tokens)])
    places = np.minimum(np.fromiter(chain.from_iterable(tokens), np.int32, ends[-1]), len(weights) - 1)
    shares = np.repeat(1 / np.maximum(np.diff(ends), 1), np.diff(ends)).astype(np.float32)
    counts = sparse.csr_matrix((shares, places, ends), shape=(len(texts), len(weights)))
    return np.asarray(counts @ weights, np.float32)


@cache
def _wordllama() -> tuple[Any, Vectors]:
    import wordllama

    # Without both arguments it looks for its weights on the network.
    here = Path(wordllama.__file__).parent
    model = wordllama.WordLlama.load(cache_dir=here, disable_download=True)
    model.tokenizer.no_padding()
    return model.tokenizer, np.asarray(model.embedding, np.float32)
