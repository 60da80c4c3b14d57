"""What the book says, and how it is written: prices land as `price` lines, like everything else."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import msgspec
import psycopg

from orchestration.errors import AssayError
from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Parsed, Slice, parse
from orchestration.landing.rules import PRICES
from orchestration.landing.store import Counts, Origin

# Logs begin here, so a price without a beginning begins here.
EVER = dt.datetime(2015, 1, 1, tzinfo=dt.UTC)
ALL = "*"
NO_PROVIDER = "(none)"
ORIGINS = ("negotiated", "override", "genai-prices")
TIERS = ("standard", "batch", "flex", "priority")


@dataclass(frozen=True)
class Price:
    """One line of the book. Prices are US dollars a million tokens, or a request."""

    provider: str
    model: str
    origin: str
    valid_from: dt.datetime = EVER
    service_tier: str = "standard"
    scope: str = ALL
    above_input_tokens: int = 0
    valid_to: dt.datetime | None = None
    tier_mode: str | None = None
    withdrawn: bool = False
    input_price: Decimal | None = None
    cache_read_price: Decimal | None = None
    cache_write_price: Decimal | None = None
    cache_write_1h_price: Decimal | None = None
    audio_input_price: Decimal | None = None
    image_input_price: Decimal | None = None
    output_price: Decimal | None = None
    reasoning_price: Decimal | None = None
    audio_output_price: Decimal | None = None
    request_price: Decimal | None = None
    tool_call_price: Decimal | None = None

    @property
    def place(self) -> tuple[Any, ...]:
        """Where it stands: a later line with the same place takes it."""
        return (*self.list_of, self.valid_from, self.above_input_tokens)

    @property
    def list_of(self) -> tuple[str, ...]:
        """What it is one of: prices that follow one another."""
        return (self.provider, self.model, self.service_tier, self.scope, self.origin)

    def prices(self) -> dict[str, Decimal]:
        found = {name: getattr(self, name) for name in PRICES}
        return {name: price for name, price in found.items() if price is not None}

    def withdrawal(self) -> "Price":
        nothing: dict[str, Any] = dict.fromkeys(PRICES)
        return replace(self, withdrawn=True, **nothing)

    def __str__(self) -> str:
        where = "" if self.scope == ALL else f" for workspace {self.scope}"
        above = f" above {self.above_input_tokens:,} input tokens" if self.above_input_tokens else ""
        tier = "" if self.service_tier == "standard" else f" {self.service_tier}"
        since = self.valid_from.isoformat().replace("+00:00", "Z")
        return f"{self.origin} price of {self.provider} {self.model}{tier}{where} from {since}{above}"


COLUMNS = tuple(field.name for field in fields(Price))
_PLACE = "provider, model, service_tier, scope, origin, valid_from, above_input_tokens"
_STANDING = f"""
    with stated as (
        select event_id, batch_id, line_no, coalesce(provider, '{NO_PROVIDER}') as provider, model,
            origin, valid_from, coalesce(service_tier, 'standard') as service_tier,
            coalesce(for_workspace, '{ALL}') as scope, above_input_tokens, valid_to, tier_mode,
            withdrawn,
            {", ".join(f"trim_scale({name}) as {name}" for name in PRICES)}
        from raw.price_log
    )
    select {", ".join(COLUMNS)}, event_id from (
        select distinct on ({_PLACE}) * from stated order by {_PLACE}, batch_id desc, line_no desc
    ) as standing order by {_PLACE}"""


def standing(session: psycopg.Connection[Any]) -> dict[Price, str]:
    """What was stated last for each place, with the event that stated it; withdrawn ones too.

    Read from the log itself: what has just landed counts, though no refresh has seen it.
    """
    rows = session.execute(_STANDING.encode()).fetchall()
    return {Price(*row[:-1]): row[-1] for row in rows}


def write(session: psycopg.Connection[Any], wanted: Iterable[Price], file: str) -> Counts:
    """Lands what the book does not say already, after refusing what would contradict itself.

    Only the lists that this touches are judged: what another list says wrong came by another way, and
    must not keep anybody from mending this one.
    """
    known = standing(session)
    said = {price.place: (price, event) for price, event in known.items()}
    news = [price for price in wanted if said.get(price.place, (None,))[0] != price]
    news = [price for price in news if not price.withdrawn or price.place in said]
    repeated = {price.place for price in news}
    touched = {price.list_of for price in news}
    beside = [price for price in known if price.list_of in touched and price.place not in repeated]
    require_sound([*beside, *news])
    lines = [_line(price, said.get(price.place, (None, ""))[1]) for price in news]
    counts = Counts()
    with Lander() as lander:
        limits = Limits()
        for at in range(0, len(lines), limits.batch_lines):
            parsed = parse(Slice(1, 0, lines[at : at + limits.batch_lines]), limits)
            _require_accepted(parsed, news[at:])
            counts.add(lander.commit(parsed, Origin("prices", file)))
    return counts


def require_sound(prices: Sequence[Price]) -> None:
    """Two prices of one list for one moment are a mistake, whichever of the two was meant."""
    by_list: dict[tuple[str, ...], list[Price]] = {}
    for price in dict.fromkeys(prices):
        if not price.withdrawn:
            by_list.setdefault(price.list_of, []).append(price)
    problems = []
    for one in by_list.values():
        one.sort(key=lambda price: (price.valid_from, price.above_input_tokens))
        begins = sorted({price.valid_from for price in one})
        for price in one:
            following = next((at for at in begins if at > price.valid_from), None)
            if price.valid_to is not None and following is not None and following < price.valid_to:
                problems.append(
                    f"The {price} runs until {price.valid_to}, into the next from {following}."
                )
        twice = (price for price, following in pairwise(one) if price.place == following.place)
        problems += [f"The {price} is stated twice." for price in twice]
        problems += _unsound_tiers(one)
    if problems:
        raise AssayError("\n".join(problems))


def _unsound_tiers(prices: list[Price]) -> Iterable[str]:
    for begin in sorted({price.valid_from for price in prices}):
        tiers = [price for price in prices if price.valid_from == begin]
        if tiers[0].above_input_tokens:
            yield f"The {tiers[0]} has no price below its tier."
        if sum(price.tier_mode == "marginal" for price in tiers) > 1:
            yield f"The {tiers[0]} has two marginal tiers; one is all that can be priced."
        if len({price.valid_to for price in tiers}) > 1:
            yield f"The {tiers[0]} and its tiers do not end together: state all in one file."


def _line(price: Price, replaces: str) -> bytes:
    """The event id follows from what is said and from what it replaces, so that saying it twice is a
    duplicate, and going back to an earlier price is none. A price of 0 is a price, and said."""
    told = {name: value for name, value in asdict(price).items() if value or name in PRICES}
    told = {name: value for name, value in told.items() if value is not None}
    del told["scope"]
    if told["provider"] == NO_PROVIDER:
        del told["provider"]
    if price.scope != ALL:
        told["for_workspace"] = price.scope
    content = msgspec.json.encode([told, replaces], order="sorted")
    now = dt.datetime.now(dt.UTC)
    event_id = blake2b(content, digest_size=16).hexdigest()
    return msgspec.json.encode({"kind": "price", "event_id": event_id, "ts": now, **told})


def _require_accepted(parsed: Parsed, prices: Sequence[Price]) -> None:
    if parsed.refused:
        index, refused = parsed.refused[0]
        raise AssayError(f"The {prices[index]} is refused: {refused.reason} at {refused.path}.")
