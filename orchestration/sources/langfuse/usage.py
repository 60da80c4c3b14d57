"""What an observation used: tokens that are counted once, and what Langfuse says it cost."""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestration.sources.langfuse.words import DETAILS, METERS, SIDES, TOTALS, WHOLES
from orchestration.sources.reading import counted, decimal_of, first, inner, money, unpacked


class Usage:
    """What an observation used. Counts that hold one another are told by their total."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        details = unpacked(first(said.get("usage_details"), said.get("usage")) or {})
        if not details and said.get("unit") in (None, "TOKENS"):
            names = ("prompt_tokens", "completion_tokens", "total_tokens")
            details = {name: said[name] for name in names if said.get(name)}
        self.unknown: dict[str, Any] = {}
        self.tokens: dict[str, Any] = {}
        total = None
        for name, value in _flat(details):
            if name in TOTALS:
                total = counted(value)
            else:
                self._add(name, value)
        self._part(total)
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

    def _add(self, name: str, value: Any) -> None:
        count = counted(value)
        meter = METERS.get(name)
        if meter is None:
            # A kind of token that is new here: billed with those that it is named after.
            meter = "input_tokens" if name.startswith("input") else None
            meter = "output_tokens" if name.startswith("output") else meter
            self.unknown[f"usage_details.{name}"] = value
            if meter is None:
                return
        known = self.tokens.get(meter)
        both = isinstance(known, int) and isinstance(count, int)
        self.tokens[meter] = known + count if both else count

    def _part(self, total: Any) -> None:
        counts = self.tokens
        if not isinstance(total, int) or not all(isinstance(value, int) for value in counts.values()):
            return
        if (
            counts.get("input_tokens", 0) + counts.get("output_tokens", 0) != total
            or sum(counts.values()) == total
        ):
            return
        for whole, side in WHOLES.items():
            parts = [value for name, value in counts.items() if SIDES.get(name) == side]
            rest = counts.get(whole, 0) - sum(parts)
            if whole in counts and rest >= 0:
                counts[whole] = rest


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
