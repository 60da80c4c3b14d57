"""A fixed world of logs, made in the database; world.sql says what is in it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import psycopg

DAYS = 180
# How far back the late tenth of a batch reaches.
LATE_DAYS = 90
# What one refresh takes in: about an hour of 100,000 queries a day.
NEW_QUERIES = 4000
_START = "2026-01-01 00:00+00"
_LOGS = (
    "query_log",
    "guardrail_log",
    "usage_log",
    "retrieval_log",
    "retrieval_document",
    "cost_log",
    "feedback_log",
)


class Place(NamedTuple):
    """Where a mart of queries shows one."""

    workspace: str
    day: date
    query_key: UUID


@dataclass
class World:
    """Its clock stands where the last delivery ended."""

    session: psycopg.Connection
    queries: int = 0
    minutes: int = 0

    def deliver(self, queries: int, minutes: int, late_days: int = LATE_DAYS) -> Place:
        """The next queries with their other logs, two batches of one commit. Where the last is."""
        place = self.session.execute(
            "select * from bench.deliver(%s, %s, %s::timestamptz + %s * interval '1 minute',"
            " %s * interval '1 minute', %s * interval '1 day')",
            (self.queries, self.queries + queries, _START, self.minutes, minutes, late_days),
        ).fetchall()
        self.queries += queries
        self.minutes += minutes
        return Place(*place[0])

    def deliver_hour(self) -> None:
        self.deliver(NEW_QUERIES, 60)


def empty_world(session: psycopg.Connection) -> World:
    """Where logs can be made, in a migrated database without any."""
    session.execute((Path(__file__).parent / "world.sql").read_bytes())
    session.execute(
        """select landing.ensure_partition(('raw.' || log)::regclass, month::date)
           from unnest(%s::text[]) as log,
            generate_series('2026-01-01'::date, '2026-12-01'::date, interval '1 month') as month""",
        (list(_LOGS),),
    )
    return World(session)


def make_world(session: psycopg.Connection, queries: int) -> World:
    """Half a year of queries with their other logs."""
    world = empty_world(session)
    for day in range(DAYS):
        per_day = queries * (day + 1) // DAYS - world.queries
        world.deliver(per_day, 24 * 60, min(day, LATE_DAYS))
    session.execute("analyze")
    return world
