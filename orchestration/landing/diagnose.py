"""The slow, exact reading of one line: either the event, or the first reason to refuse it.

The fast path (`parse.py`) hands over every line that it does not accept at once. What is accepted
here and there is the same event, so the fast path is an optimisation and nothing more.
"""

import datetime as dt
import json
import math
import re
from decimal import Decimal
from typing import Any, NoReturn

import msgspec

from orchestration.landing import contract
from orchestration.landing.contract import KINDS, Event
from orchestration.landing.limits import Limits
from orchestration.landing.reasons import Reason, Refused
from orchestration.landing.rules import normalise

# Linear on any line: a string that never ends is taken to the end, and no start is tried twice.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
DECODER = msgspec.json.Decoder(contract.Line)
_NEAR_ZERO = Decimal("1e-9999")

# How msgspec words a failed check -> our code; the first match wins.
_WORDINGS = (
    (re.compile(r"^Object missing required field"), Reason.MISSING_FIELD),
    (re.compile(r"timezone component"), Reason.NO_TZ),
    (re.compile(r"^Expected `(?:int|float)[^`]*` [<>]=?|out of range"), Reason.RANGE),
    (re.compile(r"^Expected .*, got"), Reason.BAD_TYPE),
    (re.compile(r"^Expected `str`$"), Reason.BAD_TYPE),
)


def diagnose(line: bytes, limits: Limits, latest: dt.datetime) -> tuple[Event, list[str]]:
    """The event and the names of unknown top-level fields, or `Refused`."""
    value = _parse(line, limits)
    if not isinstance(value, dict):
        raise Refused(Reason.BAD_TYPE)
    drift = _keep_unknown(value, _struct_of(value))
    try:
        event = DECODER.decode(_ENCODER.encode(value))
    except msgspec.ValidationError as error:
        raise _refusal(error) from None
    normalise(event, latest)
    return event, drift


def _parse(line: bytes, limits: Limits) -> Any:
    if len(line) > limits.line_bytes:
        raise Refused(Reason.TOO_LARGE)
    return read_json(line, limits)


def read_json(line: bytes, limits: Limits) -> Any:
    """What JSON says and Postgres can hold, or `Refused`."""
    if b"\0" in line:
        raise Refused(Reason.NUL_BYTE)
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise Refused(Reason.BAD_UTF8) from None
    if _depth(line) > limits.depth:
        raise Refused(Reason.TOO_DEEP)
    try:
        value = json.loads(
            text,
            object_pairs_hook=unique_keys,
            parse_constant=_not_finite,
            parse_float=_number,
            parse_int=_integer,
        )
    except ValueError:
        raise Refused(Reason.BAD_JSON) from None
    _check_values(value, "$")
    return value


def _depth(line: bytes) -> int:
    depth = deepest = 0
    for byte in _STRING.sub(b"", line):
        if byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise Refused(Reason.DUP_KEY)
    return value


def _not_finite(_: str) -> NoReturn:
    raise Refused(Reason.NOT_FINITE)


def _number(digits: str) -> Decimal:
    if math.isinf(float(digits)):
        raise Refused(Reason.NOT_FINITE)
    # Decimals keep every digit of an amount of money until the contract says what a number is; one that
    # would be spelled as an integer (1.25e2) stays what it was.
    try:
        number = Decimal(digits)
    except ArithmeticError:
        # Its exponent has twenty digits, and it is finite: 0 to a float, as the fast path reads it; and
        # to money, out of range.
        return _NEAR_ZERO.copy_negate() if digits.startswith("-") else _NEAR_ZERO
    spelled = str(number)
    return number if "." in spelled or "E" in spelled else Decimal(f"{spelled}.0")


def _integer(digits: str) -> int:
    # Python refuses to read integers of thousands of digits, and no column holds them.
    if len(digits) > 1000:
        raise Refused(Reason.RANGE)
    return int(digits)


def _check_values(value: Any, path: str) -> None:
    """What JSON allows and Postgres cannot hold. Keys of objects may be text of users: no names."""
    if isinstance(value, str):
        if "\0" in value:
            raise Refused(Reason.NUL_BYTE, path)
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise Refused(Reason.BAD_UNICODE, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_values(key, path)
            _check_values(item, f"{path}.{key}" if path == "$" and key in _NAMES else f"{path}[...]")
    elif isinstance(value, list):
        for item in value:
            _check_values(item, f"{path}[...]")


def _struct_of(value: dict[str, Any]) -> type[Event]:
    kind = value.get("kind")
    if kind is None:
        raise Refused(Reason.MISSING_FIELD, "$.kind")
    if not isinstance(kind, str):
        raise Refused(Reason.BAD_TYPE, "$.kind")
    if kind not in KINDS:
        raise Refused(Reason.UNKNOWN_KIND, "$.kind")
    return KINDS[kind]


def _keep_unknown(value: dict[str, Any], struct: type[msgspec.Struct]) -> list[str]:
    """Move fields the contract does not know into `attributes`; a null is as good as absent."""
    documents = value.get("documents")
    if struct is contract.Retrieval and isinstance(documents, list):
        for document in documents:
            if isinstance(document, dict):
                _keep_unknown(document, contract.RetrievedDocument)
    known = (*struct.__struct_fields__, "kind")
    for name in [name for name, item in value.items() if item is None]:
        del value[name]
    unknown = [name for name in value if name not in known]
    attributes = value.get("attributes", {})
    if unknown and isinstance(attributes, dict):
        value["attributes"] = attributes
        for name in unknown:
            free = name
            while free in attributes:
                free = f"line.{free}"
            attributes[free] = value.pop(name)
    return unknown


def _refusal(error: msgspec.ValidationError) -> Refused:
    message, _, path = str(error).partition(" - at `")
    path = path.rstrip("`") or "$"
    reason = next((code for wording, code in _WORDINGS if wording.search(message)), Reason.BAD_VALUE)
    if reason is Reason.MISSING_FIELD:
        path = f"{path}.{message.split('`')[1]}"
    return Refused(reason, path)


_NAMES = {name for struct in KINDS.values() for name in struct.__struct_fields__} | {"kind"}
