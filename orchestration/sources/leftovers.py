"""What no field of the contract takes, kept beside it without becoming a second vault."""

from collections.abc import Collection
from typing import Any

UNKNOWN = "unknown"  # the key of `attributes` from which landing counts drift
LONGEST = 256  # characters of a string that is kept; longer ones are texts, or behave like them


class Leftovers:
    """`known` names stay as they are; others are drift. Texts and long strings leave their length."""

    __slots__ = ("known", "texts", "unknown")

    def __init__(self, texts: Collection[str] = ()) -> None:
        self.texts = texts
        self.known: dict[str, Any] = {}
        self.unknown: dict[str, Any] = {}

    def keep(self, name: str, value: Any, *, known: bool) -> None:
        if name in self.texts or _is_long(value):
            value = {"characters": characters(value)}
        kept = self.known if known else self.unknown
        kept[name] = value

    def attributes(self) -> dict[str, Any] | None:
        if not self.unknown:
            return self.known or None
        return {**self.known, UNKNOWN: self.unknown}


def _is_long(value: Any) -> bool:
    return isinstance(value, str | list | dict) and characters(value) > LONGEST


def characters(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(name) + characters(one) for name, one in value.items())
    return sum(map(characters, value)) if isinstance(value, list) else 1
