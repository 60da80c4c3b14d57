"""What logs of other systems have in common: times, tokens that hold one another, messages."""

import datetime as dt
import json
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

UNSTATED = "unstated"  # the version of an evaluator that names none
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MOST_DIGITS = 40  # of a whole number that is still spelled out
_MONEY = Decimal(1).scaleb(-18)  # as many digits after the point as the contract takes


def inner(value: Any, *names: str) -> Any:
    """A member of a member, or None."""
    for name in names:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def first(*values: Any) -> Any:
    """The first that says something."""
    return next((value for value in values if value not in (None, "")), None)


def unpacked(value: Any) -> Any:
    """JSON that some column holds as text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value, parse_float=Decimal)
        except (ValueError, ArithmeticError, RecursionError):
            return value
    return value


def when(value: Any) -> Any:
    """A time with its offset, from seconds since 1970 or from a text; UTC where the text has none.

    What is no time stays as it is, for the landing rules to refuse.
    """
    moment = moment_of(value)
    return value if moment is None else moment.isoformat()


def moment_of(value: Any) -> dt.datetime | None:
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, int | Decimal):
            seconds = Decimal(value)
            # To spell out a million digits takes a minute.
            if seconds.adjusted() > _MOST_DIGITS:
                return None
            return EPOCH + dt.timedelta(microseconds=int(seconds * 10**6))
        if isinstance(value, str):
            moment = dt.datetime.fromisoformat(value.strip())
            return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError, ArithmeticError):
        pass
    return None


def milliseconds(start: Any, end: Any) -> float | None:
    """Between two times; None where one of them is not known. Clocks may run backwards: less than 0."""
    begun, ended = moment_of(start), moment_of(end)
    if begun is None or ended is None:
        return None
    return (ended - begun) / dt.timedelta(microseconds=1) / 1000


def money(value: Any) -> Any:
    """To the last digit that the contract takes; what is no number stays as it is."""
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except ArithmeticError:
            return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return value
    amount = Decimal(value)
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -18 and -(10**9) < amount < 10**9:
        amount = amount.quantize(_MONEY, ROUND_HALF_EVEN)
    return f"{amount:f}" if abs(amount.adjusted()) < _MOST_DIGITS else str(amount)


def whole(value: Any) -> int | None:
    """A count, where it is one: `12`, also as `12.0`."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal) and abs(value.adjusted()) < _MOST_DIGITS:
        return int(value) if value == value.to_integral_value() else None
    return value if isinstance(value, int) else None


def decimal_of(value: Any) -> Decimal | None:
    """A number, also one that was written as text: 64 bits are, in some JSON."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        number = Decimal(value)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def counted(value: Any) -> Any:
    """A count, also as text; what is none stays as it is, to be refused."""
    number = decimal_of(value)
    count = None if number is None else whole(number)
    return value if count is None else count


def without(total: Any, *parts: Any) -> Any:
    """What is left of a count when the counts that it holds are taken out.

    Parts that are more than the whole were not in it. A count that is none stays, to be refused.
    """
    count = whole(total)
    if count is None:
        return total
    rest = count - sum(whole(part) or 0 for part in parts)
    return rest if rest >= 0 else count


# What a model was told by a program, and what it thought, are nobody's words.
_UNSAID = ("tool", "tool_result", "tool_call_response", "function_call_output", "thinking",
           "redacted_thinking", "reasoning", "blob", "binary")  # fmt: skip


# What stands for a text that a client was told to leave out: OpenInference's words, and LiteLLM's.
LEFT_OUT = frozenset({"__REDACTED__", "redacted-by-litellm"})


def text_of(content: Any) -> str | None:
    """Of a message: a text, or the texts among its parts."""
    if isinstance(content, str):
        return content if content and content not in LEFT_OUT else None
    if isinstance(content, Mapping):
        if content.get("type") in _UNSAID or content.get("role") in ("tool", "function"):
            return None
        return text_of(first(content.get("text"), content.get("content"), content.get("value")))
    if isinstance(content, list):
        texts = [text for part in content if (text := text_of(part))]
        return "\n".join(texts) or None
    return None


def asked_in(messages: Any) -> str | None:
    """The last thing that a user said. What tools returned comes as a user's, too."""
    messages = unpacked(messages)
    if isinstance(messages, Mapping):
        return asked_in(first(messages.get("messages"), messages.get("input")) or [messages])
    if isinstance(messages, str):
        return text_of(messages)
    if not isinstance(messages, list):
        return None
    said = (
        text_of(inner(one, "content"))
        for one in reversed(messages)
        if inner(one, "role") in ("user", "human")
    )
    return next(filter(None, said), None)


def attachments_in(messages: Any) -> int | None:
    """Images and files of the last thing that a user said."""
    for one in reversed(messages) if isinstance(messages, list) else ():
        content = inner(one, "content") if inner(one, "role") == "user" else None
        kinds = [inner(part, "type") for part in content] if isinstance(content, list) else []
        if content and (not kinds or set(map(str, kinds)) != {"tool_result"}):
            none = (None, "text", "input_text", *_UNSAID)
            return sum(1 for kind in kinds if kind not in none) or None
    return None


def spoken(line: dict[str, Any]) -> dict[str, Any]:
    """Without what is not known."""
    return {name: value for name, value in line.items() if value is not None}
