"""Calls `ops.refresh` until what waits is in, and tells what the database says in the user's words."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors
from psycopg.rows import class_row

from orchestration import crash
from orchestration.errors import AssayError

# The schema of the dbt target that people read: profiles.example.yml.
TARGET = "analytics"
# A refresh this large takes seconds; what is left comes with the next one, of the same call.
MAX_ROWS = 250_000
_NO_TABLES = "The database lacks its tables: run `assay up` first."


@dataclass(frozen=True)
class Refreshed:
    """`waiting` batches are still pending."""

    admitted: int
    held: int
    waiting: int


def refresh_once(
    connection: psycopg.Connection, target: str = TARGET, max_rows: int = MAX_ROWS
) -> Refreshed:
    """One transaction: the connection is in autocommit."""
    with _in_words(), connection.cursor(row_factory=class_row(Refreshed)) as cursor:
        crash.point("refresh.begun")
        done = cursor.execute(
            "select admitted, held, waiting from ops.refresh(%s, %s)", (target, max_rows)
        ).fetchall()[0]
        crash.point("refresh.committed")
        return done


def refresh_all(
    connection: psycopg.Connection,
    target: str = TARGET,
    on_step: Callable[[Refreshed], None] = lambda _: None,
) -> Refreshed:
    """Until what waits now is in: more may come for as long as one refreshes."""
    newest = _waiting(connection)[1]
    admitted = held = 0
    while True:
        done = refresh_once(connection, target)
        admitted, held = admitted + done.admitted, held + done.held
        on_step(done)
        if _waiting(connection)[0] > newest or (not done.admitted and not done.held):
            return Refreshed(admitted, held, done.waiting)


def _waiting(connection: psycopg.Connection) -> tuple[float, float]:
    """The oldest pending batch and the newest."""
    query = "select min(batch_id), max(batch_id) from ops.pending_batch"
    try:
        oldest, newest = connection.execute(query).fetchall()[0]
    except errors.UndefinedTable:
        raise AssayError(_NO_TABLES) from None
    return (math.inf, 0) if newest is None else (oldest, newest)


def held_batches(connection: psycopg.Connection) -> list[dict[str, Any]]:
    cursor = connection.execute(
        "select held_batch.batch_id, batch.file, batch.first_line, batch.lines, held_batch.held_by,"
        " held_batch.sqlstate, held_batch.findings, held_batch.held_at"
        " from ops.held_batch inner join landing.batch using (batch_id) order by held_at, batch_id"
    )
    names = [column.name for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def release(connection: psycopg.Connection, batch_id: int) -> None:
    row = connection.execute("select ops.release(%s)", (batch_id,)).fetchone()
    if row is None or not row[0]:
        raise AssayError(f"Batch {batch_id} is not held: `assay held list` shows those that are.")


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except errors.ObjectNotInPrerequisiteState as error:
        raise AssayError(
            f"Nothing was refreshed: {error.diag.message_primary}. {error.diag.message_hint or ''}"
        ) from None
    except (errors.InvalidSchemaName, errors.UndefinedFunction):
        raise AssayError(_NO_TABLES) from None
