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

_ONE = Decimal(1)
_VALUE_BOUNDS = {"thumb": (-1.0, 1.0), "stars": (1.0, 5.0), "implicit": (-1.0, 1.0)}


def normalise(event: Event, latest: dt.datetime) -> bool:
    """Refuse what the rules refuse; else change the event into its one spelling. Did that change it?

    The encoder knows a default by identity, so a default that was spelled out becomes the one we own.
    """
    changed = False
    ts = event.ts
    if ts.tzinfo is not dt.UTC or not EARLIEST <= ts <= latest:
        event.ts, changed = _utc(ts, latest, "$.ts"), True
    if event.workspace is not DEFAULT_WORKSPACE and event.workspace == DEFAULT_WORKSPACE:
        event.workspace, changed = DEFAULT_WORKSPACE, True
    if event.source is not DEFAULT_SOURCE and event.source == DEFAULT_SOURCE:
        event.source, changed = DEFAULT_SOURCE, True
    rule = RULES.get(type(event))
    return (rule is not None and rule(event, latest)) or changed


def _utc(when: dt.datetime, latest: dt.datetime, path: str) -> dt.datetime:
    if not EARLIEST <= when <= latest:
        raise Refused(Reason.TIME_WINDOW, path)
    return when.astimezone(dt.UTC)


def _query(event: Query, _: dt.datetime) -> bool:
    if event.query_id != event.event_id:
        return False
    event.query_id = None  # it is the default
    return True


def _feedback(event: Feedback, latest: dt.datetime) -> bool:
    if event.value is not None and event.type in _VALUE_BOUNDS:
        low, high = _VALUE_BOUNDS[event.type]
        if not low <= event.value <= high or (event.type == "thumb" and abs(event.value) != 1):
            raise Refused(Reason.RANGE, "$.value")
    if event.asked_at is None:
        return False
    event.asked_at = _utc(event.asked_at, latest, "$.asked_at")
    return True


def _cost(event: Cost, _: dt.datetime) -> bool:
    changed = False
    if event.reported_cost is not None:
        event.reported_cost = _money(event.reported_cost, "$.reported_cost")
        changed = True
    if event.currency is not DEFAULT_CURRENCY and event.currency == DEFAULT_CURRENCY:
        event.currency, changed = DEFAULT_CURRENCY, True
    return changed


def _bill(event: Bill, _: dt.datetime) -> bool:
    event.amount = _money(event.amount, "$.amount")
    if event.currency == DEFAULT_CURRENCY:
        event.currency = DEFAULT_CURRENCY
    return True


def _money(amount: Decimal, path: str) -> Decimal:
    """The amount in its shortest spelling: 1E+2, 100 and 100.0 are the same."""
    if not amount.is_finite():
        raise Refused(Reason.NOT_FINITE, path)
    plain = amount.normalize()
    # Too many digits to be exact, or an exponent that would make a number of a million digits.
    if plain != amount or abs(plain) > MAX_MONEY or abs(plain.adjusted()) > MAX_MONEY_DIGITS:
        raise Refused(Reason.RANGE, path)
    exponent = int(plain.as_tuple().exponent)
    if exponent < -MAX_MONEY_DIGITS:
        raise Refused(Reason.RANGE, path)
    return plain.quantize(_ONE) if exponent > 0 else plain


RULES: dict[type[Event], Callable[..., bool]] = {
    Query: _query,
    Feedback: _feedback,
    Cost: _cost,
    Bill: _bill,
}
