"""Marts without a build: empty tables with the columns of each mart's contract, filled by hand."""

import datetime as dt
from typing import Any

import psycopg
from psycopg import sql

DAY = dt.date(2026, 3, 1)
_COUNTED = {"queries": 100, "successes": 96, "errors": 4, "cancelled": 0, "blocked": 0}
_TARGETS = [
    ("success_rate", "above", 0.95, "share"),
    ("latency_p95", "below", 3000, "ms"),
    ("cost_per_query", "below", 0.005, "USD"),
    ("average_rating", "above", 4.2, "stars"),
    ("enough_to_judge", "at_or_above", 20, "queries"),
]


def make_marts(session: psycopg.Connection[Any], manifest: dict[str, Any]) -> None:
    session.execute("create schema marts")
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["fqn"][1] == "marts":
            columns = [
                sql.SQL("{} {}").format(sql.Identifier(one["name"]), sql.SQL(one["data_type"]))
                for one in node["columns"].values()
            ]
            table = sql.Identifier("marts", node["name"])
            session.execute(sql.SQL("create table {} ({})").format(table, sql.SQL(", ").join(columns)))
    names = ("measure", "met_when", "target_value", "unit")
    for row in _TARGETS:
        put(session, "targets", **dict(zip(names, row, strict=True)))


def put(session: psycopg.Connection[Any], mart: str, **values: Any) -> None:
    session.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier("marts", mart),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(sql.Placeholder() * len(values)),
        ),
        list(values.values()),
    )


def put_days(session: psycopg.Connection[Any], workspace: str, days: int, **more: Any) -> None:
    """So many days from DAY on, each with 100 queries, 96 of them good, for $0.40."""
    for number in range(days):
        when = {"day": DAY + dt.timedelta(number), "workspace": workspace}
        overview = {
            "is_complete": True,
            **_COUNTED,
            "success_rate": 0.96,
            "latency_p50_ms": 400.0,
            "latency_p95_ms": 1500.0,
            "latency_p99_ms": 2500.0,
            "success_target": "met",
            "latency_target": "met",
        }
        put(session, "performance_overview", **when, **{**overview, **more})
        spend = {"is_complete": True, "calls": 100, "unpriced_calls": 0, "queries": 100}
        put(session, "spend_overview", **when, **spend, cost_usd="0.4", resolved_sessions=7)
        put(session, "user_engagement", **when, sessions=10, daily_users=5, new_users=1)
        usage = {"provider": "p", "model": "m", "surface": "chat", "cost_usd": "0.4", **_COUNTED}
        put(session, "model_usage", **when, **usage)
    known = {"day": DAY, "log": "query", "reporting_zone": "Europe/Berlin", "difference": 0}
    as_of = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
    put(session, "reconciliation", workspace=workspace, as_of=as_of, **known)


def known_up_to(session: psycopg.Connection[Any], as_of: dt.datetime) -> None:
    """Days from then on are not over; those before are, whoever asked something on them."""
    session.execute("update marts.reconciliation set as_of = %s", [as_of])
    session.execute("update marts.performance_overview set is_complete = day < %s", [as_of.date()])


def price(session: psycopg.Connection[Any], days: range, cost: str | None, unpriced: int) -> None:
    """What the calls of some days, counted from DAY on, cost, and how many of them have no price."""
    session.execute(
        "update marts.spend_overview set cost_usd = %s, unpriced_calls = %s"
        " where day between %s and %s",
        [cost, unpriced, DAY + dt.timedelta(days[0]), DAY + dt.timedelta(days[-1])],
    )
