"""Rules that types cannot say, and the one spelling that equal events share."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from operator import attrgetter

import msgspec

from orchestration.landing.contract import (
    DEFAULT_CURRENCY,
    DEFAULT_SOURCE,
    DEFAULT_WORKSPACE,
    KINDS,
    MAX_MONEY,
    MAX_MONEY_DIGITS,
    Bill,
    Cost,
    Event,
    Feedback,
    Price,
    Query,
)
from orchestration.landing.limits import EARLIEST
from orchestration.landing.reasons import Reason, Refused

# The one spelling; of what it says, a digest tells whether two lines say the same.
SPELLING = msgspec.json.Encoder(order="deterministic")
_ONE = Decimal(1)
_NANO_DIGITS = 9
_MAX_PRICE = 10**6  # times the tokens of a call that anybody believes, it still fits a bigint
PRICES = tuple(name for name in Price.__struct_fields__ if name.endswith("_price"))
# A prompt reaches a marginal tier piece by piece; an answer is not a part of it.
MARGINAL = ("input_price", "cache_read_price", "cache_write_price", "cache_write_1h_price")
NOT_MARGINAL = tuple(name for name in PRICES if name not in MARGINAL)
# Ids that rows meet by and that may be left out: kept, an empty one would unite all that have none.
OPTIONAL_IDS = ("session_id", "task_id", "query_id", "parent_query_id")
_OPTIONAL_IDS_OF = {
    struct: attrgetter(*(name for name in OPTIONAL_IDS if name in struct.__struct_fields__))
    for struct in KINDS.values()
}
_VALUE_BOUNDS = {"thumb": (-1.0, 1.0), "stars": (1.0, 5.0), "implicit": (-1.0, 1.0)}


def normalise(event: Event, latest: dt.datetime) -> int:
    """Refuse what the rules refuse; else change the event into its one spelling.

    The encoder knows a default by identity, so a default that was spelled out becomes the one we own.
    Returns how many keys that leaves out which the line is known to have, less those that it adds.
    """
    when = event.ts
    if when.tzinfo is not dt.UTC or not EARLIEST <= when <= latest:
        event.ts = _utc(when, latest, "$.ts")
    dropped = 0
    workspace = event.workspace
    if workspace == DEFAULT_WORKSPACE and workspace is not DEFAULT_WORKSPACE:
        event.workspace = DEFAULT_WORKSPACE
        dropped += 1
    if event.source is not DEFAULT_SOURCE and event.source == DEFAULT_SOURCE:
        event.source = DEFAULT_SOURCE
        dropped += 1
    if "" in _OPTIONAL_IDS_OF[type(event)](event):
        dropped += _drop_empty_ids(event)
    rule = RULES.get(type(event))
    return dropped if rule is None else dropped + rule(event, latest)


def _drop_empty_ids(event: Event) -> int:
    """Exporters say "none" by an empty id."""
    empty = [name for name in OPTIONAL_IDS if getattr(event, name, None) == ""]
    for name in empty:
        setattr(event, name, None)
    return len(empty)


def _utc(when: dt.datetime, latest: dt.datetime, path: str) -> dt.datetime:
    if when.tzinfo is not dt.UTC:
        try:
            when = when.astimezone(dt.UTC)
        except OverflowError:  # at an end of the calendar
            raise Refused(Reason.TIME_WINDOW, path) from None
    if not EARLIEST <= when <= latest:
        raise Refused(Reason.TIME_WINDOW, path)
    return when


def _query(event: Query, _: dt.datetime) -> int:
    if event.query_id != event.event_id:
        return 0
    event.query_id = None  # it is the default
    return 1


def _feedback(event: Feedback, latest: dt.datetime) -> int:
    if event.value is not None and event.type in _VALUE_BOUNDS:
        low, high = _VALUE_BOUNDS[event.type]
        if not low <= event.value <= high or (event.type == "thumb" and abs(event.value) != 1):
            raise Refused(Reason.RANGE, "$.value")
    if event.asked_at is not None:
        event.asked_at = _utc(event.asked_at, latest, "$.asked_at")
    return 0


def _cost(event: Cost, _: dt.datetime) -> int:
    if event.reported_cost is not None:
        event.reported_cost = _money(event.reported_cost, "$.reported_cost")
    return _drop_currency(event)


def _bill(event: Bill, _: dt.datetime) -> int:
    event.amount = _money(event.amount, "$.amount")
    return _drop_currency(event)


def _price(event: Price, _: dt.datetime) -> int:
    """Prices may begin in the future, and before the first log."""
    event.valid_from = _anytime(event.valid_from, "$.valid_from")
    if event.valid_to is not None:
        event.valid_to = _anytime(event.valid_to, "$.valid_to")
        if event.valid_to <= event.valid_from:
            raise Refused(Reason.RANGE, "$.valid_to")
    stated = [name for name in PRICES if getattr(event, name) is not None]
    if bool(stated) == event.withdrawn:
        raise Refused(Reason.BAD_VALUE if stated else Reason.MISSING_FIELD, f"$.{PRICES[0]}")
    for name in stated:
        path = f"$.{name}"
        price = _money(getattr(event, name), path)
        # What is finer than a nano-dollar a million tokens would be rounded before it is multiplied.
        if not 0 <= price <= _MAX_PRICE or int(price.as_tuple().exponent) < -_NANO_DIGITS:
            raise Refused(Reason.RANGE, path)
        setattr(event, name, price)
    return -_tier_of(event)


def _tier_of(event: Price) -> int:
    """How many keys it adds."""
    if event.above_input_tokens == 0:
        if event.tier_mode is not None:
            raise Refused(Reason.BAD_VALUE, "$.tier_mode")
    elif event.tier_mode is None:
        event.tier_mode = "whole"
        return 1
    elif event.tier_mode == "marginal":
        for name in NOT_MARGINAL:
            if getattr(event, name) is not None:
                raise Refused(Reason.BAD_VALUE, f"$.{name}")
    return 0


def _anytime(when: dt.datetime, path: str) -> dt.datetime:
    try:
        return when.astimezone(dt.UTC)
    except OverflowError:
        raise Refused(Reason.TIME_WINDOW, path) from None


def _drop_currency(event: Bill | Cost) -> int:
    if event.currency is DEFAULT_CURRENCY or event.currency != DEFAULT_CURRENCY:
        return 0
    event.currency = DEFAULT_CURRENCY
    return 1


def _money(amount: Decimal, path: str) -> Decimal:
    """The amount in its shortest spelling: 1E+2, 100 and 100.0 are the same."""
    if not amount.is_finite():
        raise Refused(Reason.NOT_FINITE, path)
    try:
        plain = amount.normalize()
    except ArithmeticError:  # a million digits can be read, and not be reckoned with
        raise Refused(Reason.RANGE, path) from None
    # Too many digits to be exact, or an exponent that would make a number of a million digits.
    if (
        plain != amount
        or not -MAX_MONEY <= plain <= MAX_MONEY
        or abs(plain.adjusted()) > MAX_MONEY_DIGITS
    ):
        raise Refused(Reason.RANGE, path)
    spelled = str(plain)
    if len(spelled) <= MAX_MONEY_DIGITS and "E" not in spelled:
        return (
            plain  # as nearly every amount is: without an exponent, and too short for too many digits
        )
    exponent = int(plain.as_tuple().exponent)
    if exponent < -MAX_MONEY_DIGITS:
        raise Refused(Reason.RANGE, path)
    return plain.quantize(_ONE) if exponent > 0 else plain


RULES: dict[type[Event], Callable[..., int]] = {
    Query: _query,
    Feedback: _feedback,
    Cost: _cost,
    Bill: _bill,
    Price: _price,
}
