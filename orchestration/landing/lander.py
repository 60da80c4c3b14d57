"""Streams into batches into commits: reading and parsing run ahead by one batch while one is stored."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import errors

from orchestration.errors import AssayError
from orchestration.landing import retry
from orchestration.landing.contract import Retrieval
from orchestration.landing.files import require_unchanged, wait_until_complete
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Parsed, Slice, parse
from orchestration.landing.reader import Unreadable, read_file
from orchestration.landing.store import Counts, Origin, open_session, store, store_unreadable
from orchestration.landing.tables import document_table, log_table

Connect = Callable[[], psycopg.Connection[Any]]
InTransaction = Callable[[psycopg.Connection[Any], int], None]


@dataclass
class Lander:
    """Lands anything that yields slices; `on_batch` hears of every commit (bytes, counts)."""

    connect: Connect
    limits: Limits = field(default_factory=Limits)
    on_batch: Callable[[int, Counts], None] = lambda _bytes, _counts: None
    _connection: psycopg.Connection[Any] | None = None
    _partitions: set[tuple[str, str]] = field(default_factory=set)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def land_file(self, path: Path, settle_s: float) -> Counts:
        state = wait_until_complete(path, settle_s)
        check = partial(require_unchanged, path, state)
        counts = self.land(read_file(path, self.limits), Origin("file", str(path)), check)
        check()
        return counts

    def land(
        self,
        items: Iterable[Slice | Unreadable],
        origin: Origin,
        check_complete: Callable[[], None] = lambda: None,
    ) -> Counts:
        """`check_complete` runs before a last line without a newline is taken, and may refuse it."""
        total = Counts()
        pending: Future[Counts] | None = None
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as storing:
            for item in items:
                if isinstance(item, Slice) and not item.terminated:
                    check_complete()
                ready = parse(item, self.limits) if isinstance(item, Slice) else item
                if pending is not None:
                    total.add(pending.result())
                pending = storing.submit(self.commit, ready, origin)
            if pending is not None:
                total.add(pending.result())
        return total

    def commit(
        self, item: Parsed | Unreadable, origin: Origin, also: InTransaction | None = None
    ) -> Counts:
        """Store one batch for good. Tries again where the fault can pass; never lands it twice."""
        batch: int | None = None
        waits = retry.waits()
        while True:
            try:
                connection = self.connection()
                if batch is None:
                    batch = _next_batch(connection)
                elif (landed := _landed(connection, batch)) is not None:
                    return landed  # it was committed, only the answer was lost
                counts = self._store(connection, item, origin, batch, also)
            except retry.LASTING as error:
                raise _given_up(error) from error
            except (*retry.TRANSIENT, errors.UniqueViolation) as error:
                self._drop_connection()
                wait = next(waits, None)
                if wait is None:
                    raise _given_up(error) from error
                retry.pause(wait)
            else:
                self.on_batch(_size(item), counts)
                return counts

    def _store(
        self,
        connection: psycopg.Connection[Any],
        item: Parsed | Unreadable,
        origin: Origin,
        batch: int,
        also: InTransaction | None,
    ) -> Counts:
        if isinstance(item, Parsed):
            self._ensure_partitions(connection, item)
        with connection.transaction():
            if also is not None:
                also(connection, batch)
            if isinstance(item, Parsed):
                return store(connection, item, origin, batch)
            return store_unreadable(connection, item, origin, batch)

    def connection(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = self.connect()
            self._connection.autocommit = True
            open_session(self._connection)
        return self._connection

    def _drop_connection(self) -> None:
        # A partition may be what is missing, if somebody dropped one: ask again.
        self._partitions.clear()
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()

    def _ensure_partitions(self, connection: psycopg.Connection[Any], parsed: Parsed) -> None:
        needed: set[tuple[str, str]] = set()
        for struct, positions in parsed.by_type().items():
            days = [parsed.events[position].ts for position in positions]
            logs = [f"raw.{log_table(struct).name}", "vault.text"]
            if struct is Retrieval:
                logs.append(f"raw.{document_table().name}")
            needed.update((log, month) for month in _months(min(days), max(days), days) for log in logs)
        for log, month in sorted(needed - self._partitions):
            connection.execute("select landing.ensure_partition(%s, %s)", (log, month))
        self._partitions |= needed


def _months(first: datetime, last: datetime, among: list[datetime]) -> set[str]:
    if (first.year, first.month) == (last.year, last.month):
        return {f"{first:%Y-%m-01}"}
    return {f"{day:%Y-%m-01}" for day in among}


def _next_batch(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(
        "select nextval(pg_get_serial_sequence('landing.batch', 'batch_id'))"
    ).fetchone()
    return int(row[0]) if row else 0


def _landed(connection: psycopg.Connection[Any], batch: int) -> Counts | None:
    row = connection.execute(
        """select lines, accepted, duplicate, conflict, quarantined, accepted_by_kind
           from landing.batch where batch_id = %s""",
        (batch,),
    ).fetchone()
    return Counts(*row) if row else None


def _size(item: Parsed | Unreadable) -> int:
    if isinstance(item, Unreadable):
        return item.byte_length
    return sum(map(len, item.slice.lines)) + len(item.slice.lines)


def _given_up(error: Exception) -> AssayError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return AssayError(
        f"The database did not take a batch ({reason}). Nothing of that batch landed and nothing is"
        " lost: land the same files again once the database is well; what has landed stays."
    )
