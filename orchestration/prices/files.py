"""Prices of the user's own, from a CSV file: one row a price, and an error names its row."""

import csv
import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from orchestration.errors import AssayError
from orchestration.landing.rules import PRICES
from orchestration.prices.book import COLUMNS, NO_PROVIDER, ORIGINS, TIERS, Price

# Landing knows how dear a price may be; no number that it might take is as long as these.
_BEYOND, _MOST_DIGITS = Decimal("1e18"), 18


def read_csv(path: Path) -> list[Price]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        unknown = sorted(set(rows.fieldnames or ()) - set(COLUMNS))
        if unknown or not rows.fieldnames:
            raise AssayError(
                f"{path}: no column is called {', '.join(unknown) or 'anything'}. "
                f"The columns are {', '.join(COLUMNS)}."
            )
        twice = sorted(name for name, times in Counter(rows.fieldnames).items() if times > 1)
        if twice:
            raise AssayError(f"{path}: {', '.join(twice)} stands twice in its first row.")
        return [_row(row, f"{path}, row {number}") for number, row in enumerate(rows, start=2)]


def _row(row: Mapping[str | None, Any], where: str) -> Price:
    if None in row:
        raise AssayError(f"{where}: it has more cells than the first row has names.")
    told = {str(name): value.strip() for name, value in row.items() if value and value.strip()}
    try:
        return price_of(told)
    except AssayError as problem:
        raise AssayError(f"{where}: {problem}") from None


def price_of(told: Mapping[str, str]) -> Price:
    """From words to a price; whatever is missing has its usual value."""
    values: dict[str, Any] = {"provider": NO_PROVIDER, "origin": "override"}
    for name, text in told.items():
        values[name] = _READ.get(name, str)(text)
    _require_one_of(values, "origin", ORIGINS)
    _require_one_of(values, "service_tier", TIERS)
    _require_one_of(values, "tier_mode", ("whole", "marginal"))
    if "model" not in values:
        raise AssayError("it names no model.")
    if not values.get("withdrawn") and not set(PRICES) & set(values):
        raise AssayError(f"it states no price: give at least one of {', '.join(PRICES)}.")
    if values.get("above_input_tokens") and "tier_mode" not in values:
        values["tier_mode"] = "whole"
    return Price(**values)


def _require_one_of(values: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> None:
    if name in values and values[name] not in allowed:
        raise AssayError(f"{name} is {values[name]}; it can be {', '.join(allowed)}.")


def moment(text: str) -> dt.datetime:
    """A date is its midnight in UTC; a time needs its offset."""
    try:
        found = dt.datetime.fromisoformat(text)
        if found.tzinfo is None:
            if len(text) > len("2026-03-01"):
                raise AssayError(f"{text} has no offset: write Z for UTC.")
            found = found.replace(tzinfo=dt.UTC)
        return found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise AssayError(
            f"{text} is no date (2026-03-01) and no time (2026-03-01T12:00:00Z)."
        ) from None


def money(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise AssayError(f"{text} is no amount of dollars.") from None
    if not amount.is_finite() or amount < 0 or amount >= _BEYOND:
        raise AssayError(f"{text} is no price: prices are zero or more, up to a million dollars.")
    plain = amount.normalize()
    return plain.quantize(Decimal(1)) if plain == plain.to_integral() else plain


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise AssayError(f"{text} is no number of tokens.")
    return int(text)


def _flag(text: str) -> bool:
    return text.lower() in ("true", "yes", "1")


_READ: dict[str, Callable[[str], Any]] = {
    "valid_from": moment,
    "valid_to": moment,
    "above_input_tokens": _count,
    "withdrawn": _flag,
    **dict.fromkeys(PRICES, money),
}
