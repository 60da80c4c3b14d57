"""What an observation used: tokens that are counted once, and what Langfuse says it cost."""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestration.sources.langfuse.words import (
    CACHED,
    DETAILS,
    METERS,
    OF_SPANS,
    SIDES,
    TOTALS,
    WHOLES,
)
from orchestration.sources.reading import counted, decimal_of, first, inner, money, unpacked


class Usage:
    """What an observation used. Counts that hold one another are told by their total."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        details = unpacked(first(said.get("usage_details"), said.get("usage")) or {})
        if not details and said.get("unit") in (None, "TOKENS"):
            names = ("prompt_tokens", "completion_tokens", "total_tokens")
            details = {name: said[name] for name in names if said.get(name)}
        self.new: dict[str, Any] = {}
        self.tokens: dict[str, Any] = {}
        total = None
        held: dict[str, Any] = {}
        for name, value in _flat(details):
            if name in TOTALS:
                total = counted(value)
            elif name in METERS:
                _add(self.tokens, METERS[name], value)
            elif name.startswith(CACHED):
                _add(self.tokens, "cache_read_tokens", value)
            elif name in OF_SPANS:
                held.setdefault(OF_SPANS[name], counted(value))
            else:
                self.new[name] = value
        self.tokens = held | self.tokens
        self._part(total, held=bool(held))
        self.unknown = {f"usage_details.{name}": value for name, value in self.new.items()}
        self.cost = _cost(said)
        counts = [value for value in self.tokens.values() if isinstance(value, int)]
        spoken_of = ("output_tokens", "reasoning_tokens", "audio_output_tokens")
        answer = sum(
            self.tokens.get(name) or 0 for name in spoken_of if isinstance(self.tokens.get(name), int)
        )
        self.context = sum(counts) - answer if counts else None

    @property
    def is_any(self) -> bool:
        """A call that failed before it used anything is said to have cost 0."""
        return bool(self.tokens) or (self.cost is not None and decimal_of(self.cost) != 0)

    def _add_new(self) -> None:
        """Kinds of tokens that are new here are billed with those that they are named after."""
        for name, value in self.new.items():
            for side in ("input", "output"):
                if name.startswith(side):
                    _add(self.tokens, f"{side}_tokens", value)

    def _part(self, total: Any, *, held: bool) -> None:
        """Sides that are the total hold whatever else is counted; of spans, unless it is the sum."""
        counts = self.tokens
        if not self._are_sides(total):
            self._add_new()
        if not (self._are_sides(total) or held) or not self._are_counts():
            return
        if sum(counts.values()) == total:
            return
        for whole, side in WHOLES.items():
            parts = [value for name, value in counts.items() if SIDES.get(name) == side]
            rest = counts.get(whole, 0) - sum(parts)
            if whole in counts and rest >= 0:
                counts[whole] = rest

    def _are_sides(self, total: Any) -> bool:
        counts = self.tokens
        if not isinstance(total, int) or not self._are_counts():
            return False
        return bool(sum(counts.get(whole, 0) for whole in WHOLES) == total)

    def _are_counts(self) -> bool:
        return all(isinstance(value, int) for value in self.tokens.values())


def _add(tokens: dict[str, Any], meter: str, value: Any) -> None:
    count, known = counted(value), tokens.get(meter)
    both = isinstance(known, int) and isinstance(count, int)
    tokens[meter] = known + count if both else count


def _cost(said: Mapping[str, Any]) -> Any:
    """Where Langfuse knew no price its sum is 0, and the details say no total."""
    total = inner(unpacked(said.get("cost_details")), "total")
    cost = money(first(said.get("total_cost"), total, said.get("calculated_total_cost")))
    is_unpriced = "cost_details" in said and total is None and decimal_of(cost) == 0
    return None if is_unpriced else cost


def _flat(details: Any) -> Iterator[tuple[str, Any]]:
    """Parts within parts, as OpenAI has them, by the side that they are of."""
    for name, value in details.items() if isinstance(details, Mapping) else ():
        side = DETAILS.get(name)
        if side is not None and isinstance(value, Mapping):
            yield from ((f"{side}_{part}", count) for part, count in value.items() if count)
        elif value is not None:
            yield name, value
