"""Whether two engines answered the same."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Row = Sequence[Any]

# Percentiles of marts come from log buckets; at the edge of one a double's last digits add a little.
_SKETCH = 0.0100001
# Rates are quotients of the same integers, but engines may round the last digit their own way.
_QUOTIENT = 1e-9


@dataclass(frozen=True)
class Answer:
    columns: tuple[str, ...]
    rows: Sequence[Row]


def difference(ours: Answer, theirs: Answer) -> str | None:
    """The first one, in words, or None."""
    if ours.columns != theirs.columns:
        return f"columns {ours.columns} and {theirs.columns}"
    if len(ours.rows) != len(theirs.rows):
        return f"{len(ours.rows)} and {len(theirs.rows)} rows"
    for left, right in zip(_sorted(ours), _sorted(theirs), strict=True):
        for column, one, other in zip(ours.columns, left, right, strict=True):
            if not _agree(column, one, other):
                return f"{column} is {one} and {other} in {[str(value) for value in left]}"
    return None


def _sorted(answer: Answer) -> list[Row]:
    exact = [at for at, column in enumerate(answer.columns) if _tolerance(column) == 0]
    return sorted(answer.rows, key=lambda row: [_spelled(row[at]) for at in exact])


def _agree(column: str, one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    tolerance = _tolerance(column)
    if tolerance == 0:
        return _spelled(one) == _spelled(other)
    return math.isclose(float(one), float(other), rel_tol=tolerance, abs_tol=1e-12)


def _tolerance(column: str) -> float:
    if column.endswith("_ms"):
        return _SKETCH
    return _QUOTIENT if column.endswith(("_rate", "_change")) else 0


def _spelled(value: Any) -> str:
    """1, 1.0 and 1.000 are the same number."""
    if isinstance(value, int | float | Decimal):
        return f"{Decimal(str(value)).normalize():f}"
    return str(value)
