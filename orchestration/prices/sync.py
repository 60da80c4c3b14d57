"""`assay prices sync`: for every name that calls use, what the package says of it."""

from dataclasses import dataclass, field
from typing import Any

import psycopg

from orchestration.landing.store import Counts
from orchestration.prices import book, catalogue

# The state knows the names in use; the log does too, at the cost of reading it.
_NAMES = {
    "state.agg_costs_daily": "select distinct provider, model from state.agg_costs_daily",
    "raw.cost_log": (
        f"select distinct coalesce(provider, '{book.NO_PROVIDER}'), model from raw.cost_log"
    ),
}
_LONGEST_NAME = 200  # longer ones are shortened in the marts, and no price list has any


@dataclass
class Synced:
    """`unknown`: names without a price from anybody, and why the package has none."""

    counts: Counts = field(default_factory=Counts)
    priced: int = 0
    elsewhere: int = 0
    unknown: dict[tuple[str, str], str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "package": f"genai-prices {catalogue.version()}",
            "names_priced": self.priced,
            "names_with_other_prices": self.elsewhere,
            "names_unknown": [
                {"provider": provider, "model": model, "why": why}
                for (provider, model), why in sorted(self.unknown.items())
            ],
            "new_prices": self.counts.accepted,
        }


def sync(session: psycopg.Connection[Any]) -> Synced:
    """Lands what is new. What the package no longer says of a name is withdrawn; a name that it no
    longer knows keeps its prices, since the past did happen."""
    synced = Synced()
    known = book.standing(session)
    stated = [price for price in known if not price.withdrawn]
    others = {(one.provider, one.model) for one in stated if one.origin != catalogue.ORIGIN}
    news: list[book.Price] = []
    for name in names_in_use(session):
        try:
            prices = catalogue.prices_of(*name)
        except catalogue.UnknownError as why:
            if name in others:
                synced.elsewhere += 1
            else:
                synced.unknown[name] = str(why)
            continue
        synced.priced += 1
        places = {price.place for price in prices}
        news += prices
        news += [
            one.withdrawal()
            for one in stated
            if (one.provider, one.model) == name
            and one.origin == catalogue.ORIGIN
            and one.place not in places
        ]
    synced.counts = book.write(session, news, f"genai-prices {catalogue.version()}")
    return synced


def names_in_use(session: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    for relation, query in _NAMES.items():
        found = session.execute("select to_regclass(%s) is not null", (relation,)).fetchone()
        if found and found[0]:
            names = session.execute(query.encode()).fetchall()
            return sorted((provider, model) for provider, model in names if len(model) <= _LONGEST_NAME)
    return []
