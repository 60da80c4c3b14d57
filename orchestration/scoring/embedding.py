"""Texts as vectors of length one. The packaged model needs no network; others have the same face."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
# What is longer says the same again; and the tokenizer's time grows with the text.
MOST_CHARACTERS = 4_000


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
        if there:
            cut = [_readable(str(texts[place])) for place in there]
            found = np.asarray(_wordllama().embed(cut, norm=False), np.float32)
            lengths = np.linalg.norm(found, axis=1, keepdims=True)
            vectors[there] = np.divide(found, lengths, out=np.zeros_like(found), where=lengths > 0)
        return vectors


def embedder() -> Embedder:
    return WordLlamaEmbedder()


def pack(vectors: Vectors) -> list[bytes]:
    """As vault.embedding holds them."""
    return [row.tobytes() for row in vectors.astype("<f2")]


def unpack(packed: Sequence[bytes], dimensions: int) -> Vectors:
    joined = np.frombuffer(b"".join(packed), "<f2")
    return joined.reshape(len(packed), dimensions).astype(np.float32)


def _readable(text: str) -> str:
    # A lone surrogate is no text to the tokenizer, and would end the whole batch.
    return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode("utf-8", "replace")


@cache
def _wordllama() -> Any:
    import wordllama

    # Without both arguments it looks for its weights on the network.
    return wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
