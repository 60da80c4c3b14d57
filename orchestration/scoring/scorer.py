"""What a scorer is: a pure function over a batch of queries, with a name and a version."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Passage:
    """A passage that a retrieval returned for the query; `text` is None where it was not logged."""

    text: str | None
    doc_id: str
    chunk_id: str | None = None
    rank: int | None = None
    score: float | None = None
    in_context: bool | None = None
    cited: bool | None = None


@dataclass(frozen=True)
class Turns:
    """A batch of queries, column by column: place i of each column is the same query.

    Texts are lists of str or None, numbers are float arrays with NaN for unknown, `passages` is a list
    of lists of Passage, `retrievals` how many were made, vectors are float32 matrices whose row is all
    zero where there is no text.
    """

    columns: Mapping[str, Any]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> Any:
        return self.columns[name]


@dataclass(frozen=True)
class Scores:
    """What a scorer says of each query of its batch. NaN is *not judged*, and is not landed.

    `explanations` go to the vault and may quote; `labels` are names out of the scorer's own list and
    never hold words of a user.
    """

    metrics: Mapping[str, Floats]
    labels: Sequence[str | None] = field(default_factory=tuple)
    explanations: Sequence[str | None] = field(default_factory=tuple)


@dataclass(frozen=True)
class Scorer:
    """`score` depends on the columns it `reads` and nothing else: the same batch, the same scores."""

    name: str
    version: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    score: Callable[[Turns], Scores]
