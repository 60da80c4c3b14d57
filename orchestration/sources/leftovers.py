"""What no field of the contract takes, kept beside it without becoming a second vault."""

import re
from typing import Any

import msgspec

UNKNOWN = "unknown"  # the key of `attributes` from which landing counts drift
LONGEST = 256  # characters of a string that is kept; longer ones are texts, or behave like them
_TEXTS = (str, list, dict)
# What a program says for one of several things. Whoever speaks uses blanks, an address has its sign.
_WORD = re.compile(r"[\w.:/+-]{1,64}", re.ASCII)
# Under such a name not even a word or a number stays: it may be the id of a person.
_PERSONAL = re.compile(
    r"user|person|customer|client\.|employee|patient|member|e-?mail|phone|mobile|address"
    r"|(?:^|[._-])ip(?:$|[._-])",
    re.IGNORECASE,
)


class Leftovers(msgspec.Struct, gc=False):
    """`known` names stay as they are, unless they are long; others are drift, and keep words."""

    known: dict[str, Any] = {}
    unknown: dict[str, Any] = {}

    def keep(self, name: str, value: Any, *, known: bool) -> None:
        if not known:
            value = words(name, value)
        kept = self.known if known else self.unknown
        kept[name] = short(value)

    def keep_words(self, name: str, value: Any) -> None:
        """What an application named itself: no drift, and nobody knows what stands there."""
        self.keep(name, words(name, value), known=True)

    def attributes(self) -> dict[str, Any] | None:
        if not self.unknown:
            return self.known or None
        return {**self.known, UNKNOWN: self.unknown}


def is_personal(name: str) -> bool:
    return _PERSONAL.search(name) is not None


def words(name: str, value: Any) -> Any:
    """Words and numbers as they are, unless the name is about a person; of all else the length."""
    if isinstance(value, dict):
        return {key: words(str(key), one) for key, one in value.items()}
    if isinstance(value, list):
        return [words(name, one) for one in value]
    if value is None or isinstance(value, bool):
        return value
    is_text = isinstance(value, str) and _WORD.fullmatch(value) is None
    return {"characters": characters(value)} if is_text or is_personal(name) else value


def lengths(value: Any, is_somebodys: bool = False) -> Any:
    """Of strings, and of what holds some, the length; of what is about a person always."""
    is_text = is_somebodys or isinstance(value, _TEXTS)
    return {"characters": characters(value)} if is_text else value


def short(value: Any) -> Any:
    if type(value) is str and len(value) <= LONGEST:
        return value
    if isinstance(value, _TEXTS) and characters(value) > LONGEST:
        value = {"characters": characters(value)}
    return value


def characters(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(name) + characters(one) for name, one in value.items())
    return sum(map(characters, value)) if isinstance(value, list) else 1
