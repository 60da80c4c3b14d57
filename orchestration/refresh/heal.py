"""Refreshing when no watcher does, and what refreshes did since somebody last asked."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from orchestration.refresh.engine import TARGET, Refreshed, refresh_once

# A watcher takes in a batch within a second. What waits for longer than this waits for somebody else.
PATIENCE_S = 30.0
# Less than a refresh by hand takes at once: whoever calls this has other things to do.
_MAX_ROWS = 50_000
# What another target's build admitted is pending no more, and still missing here.
_NEEDED = """
    with patience as (
        select clock_timestamp() - make_interval(secs => case when exists (
            select from pg_stat_activity
            where application_name = 'assay watch' and datname = current_database()
        ) then %s else 0 end) as since
    )
    select
        exists (
            select from ops.pending_batch inner join landing.batch using (batch_id)
            where landed_at < since
        ) or exists (
            select from ops.admitted_batch
            where seq > (select seq from ops.horizon where target = %s) and admitted_at < since
        ) as is_needed
    from patience"""
_NEWS = """
    with recent as (
        select refresh_id, ended_at, models from ops.refresh_log
        where target = %(target)s and refresh_id > %(after)s and refresh_id <= %(upto)s
    )
    select
        one.model as name, count(*) as refreshes, sum(one.rows[1])::bigint as rows_in,
        coalesce(sum((select sum(step) from unnest(one.rows[2:]) as step)), 0)::bigint as rows_written,
        sum(one.ms)::float as ms, max(recent.ended_at) as ended_at
    from recent cross join lateral jsonb_to_recordset(recent.models)
        as one (model text, rows bigint[], ms numeric)
    group by one.model order by one.model"""
# Batches by their numbers, so that the ledger is not read: it grows for ever.
_LAGS = """
    select log, max(lag_ms) as worst_lag_ms,
        (extract(epoch from clock_timestamp() - min(landed_at) filter (where status = 'waiting')) * 1000
        )::bigint as waiting_ms
    from ops.batch_lag
    where batch_id = any(array(
        select batch_id from landing.batch where landed_at > now() - interval '1 hour'
        union all
        select batch_id from ops.pending_batch
        union all
        select batch_id from ops.admitted_batch
        where seq > (select seq from ops.horizon where target = 'analytics')
    ))
    group by log order by log"""


@dataclass(frozen=True)
class Healed:
    admitted: int
    held: int
    waiting: int


@dataclass(frozen=True)
class ModelNews:
    """`rows_in` are keys or changes that reached the model, `rows_written` what that changed."""

    name: str
    refreshes: int
    rows_in: int
    rows_written: int
    ms: float
    ended_at: datetime


@dataclass(frozen=True)
class LogLag:
    """Of the last hour: how late the marts knew of a log's rows, and for how long some have waited.
    None where no refresh took rows in, or none wait."""

    log: str
    worst_lag_ms: int | None
    waiting_ms: int | None


def heal(
    connection: psycopg.Connection,
    target: str = TARGET,
    patience_s: float = PATIENCE_S,
    budget_s: float = 20.0,
) -> Healed | None:
    """None when nobody is needed. What is left after `budget_s` comes with the next call."""
    if not _value(connection, _NEEDED, (patience_s, target)):
        return None
    until = time.monotonic() + budget_s
    admitted = held = 0
    done = Refreshed(0, 0, 0)
    while time.monotonic() < until:
        done = refresh_once(connection, target, _MAX_ROWS)
        admitted, held = admitted + done.admitted, held + done.held
        if not done.admitted and not done.held:
            break
    return Healed(admitted, held, done.waiting)


def newest_refresh(connection: psycopg.Connection, target: str = TARGET) -> int:
    query = "select coalesce(max(refresh_id), 0) from ops.refresh_log where target = %s"
    return int(_value(connection, query, (target,)))


def news(
    connection: psycopg.Connection, after: int, upto: int, target: str = TARGET
) -> Sequence[ModelNews]:
    with connection.cursor(row_factory=class_row(ModelNews)) as cursor:
        return cursor.execute(_NEWS, {"target": target, "after": after, "upto": upto}).fetchall()


def lags(connection: psycopg.Connection) -> Sequence[LogLag]:
    with connection.cursor(row_factory=class_row(LogLag)) as cursor:
        return cursor.execute(_LAGS).fetchall()


def _value(connection: psycopg.Connection, query: str, parameters: tuple[Any, ...]) -> Any:
    row = connection.execute(query.encode(), parameters).fetchone()
    return row[0] if row else None
