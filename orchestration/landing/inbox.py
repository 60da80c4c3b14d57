"""Drains `landing.inbox`: lines leave it in the transaction that lands them."""

import tempfile
from collections.abc import Callable
from functools import partial
from typing import Any, LiteralString

import psycopg

from orchestration import crash
from orchestration.landing.lander import Lander
from orchestration.landing.packed import CHUNK
from orchestration.landing.parse import Parsed, Slice, parse
from orchestration.landing.reasons import Reason
from orchestration.landing.slices import Unreadable, sha256_of
from orchestration.landing.store import Counts, Origin

_ORIGIN = Origin("inbox")


class TakenError(Exception):
    """Another lander landed these lines: our lock was lost with a connection."""


def drain(lander: Lander, enough: Callable[[], bool] = lambda: False) -> Counts:
    """Everything that is in the inbox now; nothing when another lander is already draining it.

    Between two batches it ends when `enough` says so.
    """
    total = Counts()
    connection = lander.connection()
    if not _flag(connection, "select pg_try_advisory_lock(hashtextextended('landing.inbox', 0))"):
        return total
    try:
        while not enough() and (taken := _next(lander)) is not None:
            ids, item = taken
            total.add(lander.commit(item, _ORIGIN, partial(_remove, ids)))
    except TakenError:
        return total  # whoever took them goes on
    finally:
        if not connection.closed:
            connection.execute("select pg_advisory_unlock(hashtextextended('landing.inbox', 0))")
    return total


def _next(lander: Lander) -> tuple[list[int], Parsed | Unreadable] | None:
    connection, limits = lander.connection(), lander.limits
    rows = connection.execute(
        """with waiting as (
               select inbox_id, line, octet_length(line) as bytes from landing.inbox
               order by inbox_id limit %s
           ), fitting as (
               select inbox_id, line, bytes, sum(bytes) over (order by inbox_id) as total from waiting
           )
           select inbox_id, case when bytes <= %s then line end from fitting
           where total - bytes < %s
           order by inbox_id""",
        (limits.batch_lines, limits.line_bytes, limits.batch_bytes),
    ).fetchall()
    if not rows:
        return None
    if rows[0][1] is None:
        return [rows[0][0]], _too_large(connection, rows[0][0])
    fitting = []
    for row in rows:
        if row[1] is None:
            break
        fitting.append(row)
    lines = [line.encode() for _, line in fitting]
    return [row[0] for row in fitting], parse(Slice(1, 0, lines), limits)


def _too_large(connection: psycopg.Connection[Any], inbox_id: int) -> Unreadable:
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the batch
    while part := _part(connection, inbox_id, spool.tell()):
        spool.write(part)
    length = spool.tell()
    spool.seek(0)
    return Unreadable(1, 0, length, sha256_of(spool), Reason.TOO_LARGE, spool)


def _part(connection: psycopg.Connection[Any], inbox_id: int, start: int) -> bytes:
    row = connection.execute(
        """select substring(convert_to(line, 'UTF8') from %s for %s)
           from landing.inbox where inbox_id = %s""",
        (start + 1, CHUNK, inbox_id),
    ).fetchone()
    return bytes(row[0]) if row else b""


def _remove(ids: list[int], connection: psycopg.Connection[Any], _batch: int) -> None:
    removed = connection.execute("delete from landing.inbox where inbox_id = any(%s)", (ids,))
    if removed.rowcount < len(ids):
        raise TakenError
    crash.point("inbox.lines_removed")


def _flag(connection: psycopg.Connection[Any], query: LiteralString) -> bool:
    row = connection.execute(query).fetchone()
    return bool(row and row[0])
