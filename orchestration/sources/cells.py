"""What a cell says as a value of the contract. What cannot be read stays as it is: the landing rules
then refuse that line, with its path, and keep it."""

import datetime as dt
import re
import types
import typing
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec

from orchestration.landing.contract import Event

Convert = Callable[[Any], Any]

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_NOT_FINITE = {"nan": b"NaN", "inf": b"Infinity", "+inf": b"Infinity", "infinity": b"Infinity",
               "-inf": b"-Infinity", "-infinity": b"-Infinity"}  # fmt: skip
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d*)?")
_TRUE = {"true", "t", "yes", "y", "1"}
_FALSE = {"false", "f", "no", "n", "0"}
_MOST_DIGITS = 400  # of a number that is still read: more are no number of anything


class Type(Enum):
    """Of a field of the contract, as far as cells are concerned."""

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"
    MONEY = "money"
    BOOL = "bool"
    TIME = "time"
    DATE = "date"
    LIST = "list of text"
    OBJECT = "object"


_TYPES = {
    int: Type.COUNT, float: Type.NUMBER, Decimal: Type.MONEY, bool: Type.BOOL, dt.datetime: Type.TIME,
    dt.date: Type.DATE, str: Type.TEXT, list: Type.LIST, dict: Type.OBJECT,
}  # fmt: skip

# How many of the contract's unit one of the named unit is.
DURATIONS = {"ns": Decimal("0.000001"), "us": Decimal("0.001"), "ms": Decimal(1), "s": Decimal(1000),
             "min": Decimal(60_000), "h": Decimal(3_600_000)}  # fmt: skip
SHARES = {"percent": Decimal("0.01")}
AMOUNTS = {"cents": Decimal("0.01"), "micros": Decimal("0.000001"), "nanos": Decimal("0.000000001")}
_PER_SECOND = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}
EPOCHS = tuple(_PER_SECOND)


@cache
def types_of(struct: type[Event]) -> dict[str, Type]:
    return {name: _type_of(hint) for name, hint in typing.get_type_hints(struct).items()}


def _type_of(hint: Any) -> Type:
    if isinstance(hint, types.UnionType) or get_origin(hint) is typing.Union:
        hint = next(one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is Literal:
        return Type.TEXT
    return _TYPES[get_origin(hint) or hint]


def decimal_of(value: Any) -> Decimal | None:
    """A number, also one that is written otherwise than JSON writes it (`+5`, `.5`)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if not isinstance(value, str) or len(value) > _MOST_DIGITS or "_" in value:
        return None
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def with_point(value: Any) -> Any:
    """`1.234,5` as 1234.5, where a map says that commas stand before decimals."""
    if not isinstance(value, str):
        return value
    said = value.strip()
    return (said.replace(".", "") if _GROUPED.fullmatch(said) else said).replace(",", ".")


def of_commas(convert: Convert) -> Convert:
    return lambda value: convert(with_point(value))


def count(value: Any) -> Any:
    """Whole numbers, also where a tool that cannot do without wrote `12.0`."""
    if not isinstance(value, str):
        return value
    number = decimal_of(value)
    if number is None:
        return _not_finite(value)
    if abs(number.adjusted()) > _MOST_DIGITS:
        return value
    return int(number) if number == number.to_integral_value() else _raw(number)


def number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if _JSON_NUMBER.fullmatch(value):
        return msgspec.Raw(value.encode())
    found = decimal_of(value)
    return _not_finite(value) if found is None else _raw(found)


def scaled(factor: Decimal) -> Convert:
    def convert(value: Any) -> Any:
        found = decimal_of(value)
        return number(value) if found is None or abs(found.adjusted()) > 40 else _raw(found * factor)

    return convert


def amount(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def boolean(value: Any) -> Any:
    said = value.strip().lower() if isinstance(value, str) else value
    if isinstance(said, str):
        return True if said in _TRUE else False if said in _FALSE else value
    return bool(said) if said in (0, 1) else value


def listed(separator: str | None) -> Convert:
    def convert(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = value.split(separator) if separator else [value]
        return [part.strip() for part in parts if part.strip()]

    return convert


def as_text(value: Any) -> Any:
    """An id that is a number in the file is text in the contract."""
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def moment(zone: ZoneInfo | None, spelling: str | None) -> Convert:
    """RFC 3339; a time without an offset gets the zone's, and none where there is no zone."""

    def convert(value: Any) -> Any:
        try:
            when = (
                dt.datetime.strptime(value.strip(), spelling)  # noqa: DTZ007 - the zone is added below
                if spelling
                else dt.datetime.fromisoformat(value.strip())
            )
        except (ValueError, AttributeError):
            return value
        if when.tzinfo is None and zone is not None:
            when = _there(when, zone)
        return when.isoformat()

    return convert


def _there(when: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    there = when.replace(tzinfo=zone)
    try:
        back = there.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None)
    except OverflowError:  # at an end of the calendar: no clock of a zone's is asked any more
        return when.replace(tzinfo=dt.UTC)
    return there if back == when else when  # an hour that the clocks skipped never was


def epoch(unit: str, since: dt.datetime) -> Convert:
    """So many units after a moment; kept to the microsecond."""

    def convert(value: Any) -> Any:
        found = decimal_of(value)
        if found is None or found.adjusted() > _MOST_DIGITS:
            return value
        try:
            micros = int(found * 10**6 / _PER_SECOND[unit])
            return (since + dt.timedelta(microseconds=micros)).isoformat()
        except (OverflowError, ValueError):
            return value

    return convert


def day(spelling: str | None) -> Convert:
    def convert(value: Any) -> Any:
        if spelling is None:
            return value
        try:
            return dt.datetime.strptime(value.strip(), spelling).date().isoformat()  # noqa: DTZ007
        except (ValueError, AttributeError):
            return value

    return convert


PLAIN: dict[Type, Convert] = {
    Type.TEXT: as_text,
    Type.COUNT: count,
    Type.NUMBER: number,
    Type.MONEY: amount,
    Type.BOOL: boolean,
    Type.TIME: moment(None, None),
    Type.DATE: day(None),
    Type.LIST: listed(None),
    Type.OBJECT: as_text,
}


def _not_finite(value: str) -> Any:
    said = _NOT_FINITE.get(value.strip().lower())
    return msgspec.Raw(said) if said else value


def _raw(number: Decimal) -> msgspec.Raw:
    if number == number.to_integral_value() and abs(number.adjusted()) < 40:
        return msgspec.Raw(f"{int(number)}".encode())
    return msgspec.Raw(
        f"{number:f}".encode() if abs(number.adjusted()) < 40 else f"{number:e}".encode()
    )
