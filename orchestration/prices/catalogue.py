"""Prices of the package genai-prices, as lines of the book: its history, tiers and service tiers."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from orchestration.prices.book import EVER, NO_PROVIDER, Price

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

ORIGIN = "genai-prices"
_CONTEXTS = {
    "standard": {},
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
}
# What the package does with a kind of token that has no price of its own: it is a part of the next.
_KEYS = {
    "input_price": ("input_mtok",),
    "cache_read_price": ("cache_read_mtok", "input_mtok"),
    "cache_write_price": ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_1h_price": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "audio_input_price": ("input_audio_mtok", "input_mtok"),
    "image_input_price": ("input_image_mtok", "input_mtok"),
    "output_price": ("output_mtok",),
    "reasoning_price": ("output_reasoning_mtok", "output_mtok"),
    "audio_output_price": ("output_audio_mtok", "output_mtok"),
}
_A_THOUSAND = {
    "request_price": ("requests_kcount",),
    "tool_call_price": ("web_searches_kcount", "storage_searches_kcount", "code_executions_kcount"),
}
_FINEST = Decimal("1e-9")


class UnknownError(LookupError):
    """Why a name has no price here."""


def prices_of(provider: str, model: str) -> list[Price]:
    """Everything that the package knows of a name, spelled as calls spell it."""
    seller, found = _find(provider, model)
    lines = [
        line for tier, context in _CONTEXTS.items() for line in _of_tier(seller, found, tier, context)
    ]
    if not lines:
        raise UnknownError("the package lists it without a price")
    return [Price(provider, model, ORIGIN, **line) for line in lines]


def version() -> str:
    from importlib.metadata import version

    return version("genai-prices")


def _find(provider: str, model: str) -> "tuple[Provider, ModelInfo]":
    from genai_prices.data_snapshot import get_snapshot
    from genai_prices.types import ConditionalPrice, TimeOfDateConstraint

    try:
        seller, found = get_snapshot().find_provider_model(
            model, None, None if provider == NO_PROVIDER else provider, None
        )
    except LookupError:
        raise UnknownError("the package does not know it") from None
    conditions: list[ConditionalPrice] = found.prices if isinstance(found.prices, list) else []
    if any(isinstance(one.constraint, TimeOfDateConstraint) for one in conditions):
        raise UnknownError("its price depends on the hour of the day: state prices of your own")
    return seller, found


def _of_tier(
    seller: "Provider", model: "ModelInfo", tier: str, context: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """A period a change; a service tier begins where the package first knows a price of it."""
    before: list[dict[str, Any]] = []
    for start in _starts(model):
        if context and not _has_variant(seller, model, context, start):
            continue
        stated = list(_lines(model.get_prices(start, context or None)))
        if stated and stated != before:
            for line in stated:
                yield {"valid_from": start, "service_tier": tier, **line}
        before = stated


def _starts(model: "ModelInfo") -> list[dt.datetime]:
    from genai_prices.types import StartDateConstraint

    conditions = [
        *(model.prices if isinstance(model.prices, list) else ()),
        *(model.price_variants or ()),
    ]
    days = {
        one.constraint.start_date
        for one in conditions
        if isinstance(one.constraint, StartDateConstraint)
    }
    return [EVER, *sorted(dt.datetime.combine(day, dt.time(), dt.UTC) for day in days)]


def _has_variant(
    seller: "Provider", model: "ModelInfo", context: dict[str, str], at: dt.datetime
) -> bool:
    """A model that one provider sells for another has the other's standard prices and no more."""
    is_own = any(model is own for own in seller.models)
    return is_own and any(
        variant.when == context and (variant.constraint is None or variant.constraint.active(at))
        for variant in model.price_variants or ()
    )


def _lines(stated: "ModelPrice") -> Iterator[dict[str, Any]]:
    """The price, and one line for each tier of long prompts."""
    from genai_prices.types import TieredPrices

    values = {key: value for key, value in vars(stated).items() if value is not None}
    starts = {
        tier.start
        for value in values.values()
        if isinstance(value, TieredPrices)
        for tier in value.tiers
    }
    for above in (0, *sorted(starts)):
        flat = {key: _at(value, above) for key, value in values.items()}
        prices = {name: _first(flat, keys) for name, keys in _KEYS.items()}
        prices |= {name: _only(flat, keys) for name, keys in _A_THOUSAND.items()}
        kept = {name: price for name, price in prices.items() if price is not None}
        if kept:
            mode = {"above_input_tokens": above, "tier_mode": "whole"} if above else {}
            yield {**mode, **kept}


def _at(value: Any, above: int) -> Decimal:
    from genai_prices.types import TieredPrices

    if isinstance(value, TieredPrices):
        reached = [tier.price for tier in value.tiers if tier.start <= above and above]
        return reached[-1] if reached else value.base
    return cast(Decimal, value)


def _first(flat: dict[str, Decimal], keys: tuple[str, ...]) -> Decimal | None:
    return next((_spelled(flat[key]) for key in keys if key in flat), None)


def _only(flat: dict[str, Decimal], keys: tuple[str, ...]) -> Decimal | None:
    """A log says that a tool was called, not which: of several prices none is the one."""
    found = [flat[key] for key in keys if key in flat]
    return _spelled(found[0] / 1000) if len(found) == 1 else None


def _spelled(price: Decimal) -> Decimal:
    """As the book spells numbers: no finer than it keeps them, no zeros at the end."""
    plain = price.quantize(_FINEST).normalize()
    return plain.quantize(Decimal(1)) if plain == plain.to_integral() else plain
