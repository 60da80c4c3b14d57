"""Rules that types cannot say, and the one spelling that equal events share."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from orchestration.landing.contract import (
    DEFAULT_CURRENCY,
    DEFAULT_SOURCE,
    DEFAULT_WORKSPACE,
    MAX_MONEY,
    MAX_MONEY_DIGITS,
    Bill,
    Cost,
    Event,
    Feedback,
    Query,
)
from orchestration.landing.limits import EARLIEST
from orchestration.landing.reasons import Reason, Refused

_VALUE_BOUNDS = {"thumb": (-1.0, 1.0), "stars": (1.0, 5.0), "implicit": (-1.0, 1.0)}


def check_rules(event: Event, latest: dt.datetime) -> None:
    """Check and normalise in place: UTC times, plain decimals, filled-in ids.

    The encoder knows a default by identity, so a default that was spelled out becomes the one we own.
    """
    event.ts = _utc(event.ts, latest, "$.ts")
    if event.workspace == DEFAULT_WORKSPACE:
        event.workspace = DEFAULT_WORKSPACE
    if event.source == DEFAULT_SOURCE:
        event.source = DEFAULT_SOURCE
    rule = RULES.get(type(event))
    if rule is not None:
        rule(event, latest)


def _utc(when: dt.datetime, latest: dt.datetime, path: str) -> dt.datetime:
    if not EARLIEST <= when <= latest:
        raise Refused(Reason.TIME_WINDOW, path)
    return when if when.tzinfo is dt.UTC else when.astimezone(dt.UTC)


def _query(event: Query, _: dt.datetime) -> None:
    if event.query_id is None:
        event.query_id = event.event_id


def _feedback(event: Feedback, latest: dt.datetime) -> None:
    if event.asked_at is not None:
        event.asked_at = _utc(event.asked_at, latest, "$.asked_at")
    if event.value is not None and event.type in _VALUE_BOUNDS:
        low, high = _VALUE_BOUNDS[event.type]
        if not low <= event.value <= high or (event.type == "thumb" and abs(event.value) != 1):
            raise Refused(Reason.RANGE, "$.value")


def _cost(event: Cost, _: dt.datetime) -> None:
    if event.currency == DEFAULT_CURRENCY:
        event.currency = DEFAULT_CURRENCY
    if event.reported_cost is not None:
        event.reported_cost = _money(event.reported_cost, "$.reported_cost")


def _bill(event: Bill, _: dt.datetime) -> None:
    if event.currency == DEFAULT_CURRENCY:
        event.currency = DEFAULT_CURRENCY
    event.amount = _money(event.amount, "$.amount")


def _money(amount: Decimal, path: str) -> Decimal:
    if not amount.is_finite():
        raise Refused(Reason.NOT_FINITE, path)
    # Digits first: 1e-999999 must not become a number of a million of them, nor be rounded.
    _, digits, exponent = amount.as_tuple()
    if len(digits) > 28 or abs(int(exponent)) > 40 or abs(amount) > MAX_MONEY:
        raise Refused(Reason.RANGE, path)
    plain = amount.normalize() if amount else Decimal(0)
    if int(plain.as_tuple().exponent) < -MAX_MONEY_DIGITS:
        raise Refused(Reason.RANGE, path)
    # 1E+2 and 100 are the same amount and must have the same spelling.
    return plain.quantize(Decimal(1)) if int(plain.as_tuple().exponent) > 0 else plain


RULES: dict[type[Event], Callable[..., None]] = {
    Query: _query,
    Feedback: _feedback,
    Cost: _cost,
    Bill: _bill,
}
