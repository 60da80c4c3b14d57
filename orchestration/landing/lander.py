"""Streams into batches into commits, with retries; big files on more than one core."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import errors

from orchestration import crash
from orchestration.errors import AssayError
from orchestration.landing import retry
from orchestration.landing.admission import resolve_persons
from orchestration.landing.contract import Retrieval
from orchestration.landing.files import GrowingError, require_unchanged, wait_until_complete
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Parsed, Slice, parse
from orchestration.landing.reader import Unreadable, read_file, read_slices, read_stream
from orchestration.landing.store import Counts, Origin, open_session, store, store_unreadable
from orchestration.landing.tables import document_table, log_table
from orchestration.landing.turns import Turn
from orchestration.landing.workers import WORKERS, WORTH_IT_BYTES, Commit, Workers
from orchestration.sources.source import Source, Stream, as_lines
from orchestration.sources.translators import Translators
from orchestration.warehouse.connection import connect, database_url

InTransaction = Callable[[psycopg.Connection[Any], int], None]
Report = Callable[[Path, OSError | GrowingError], None]


def _raise(_: Path, problem: Exception) -> None:
    raise problem


@dataclass
class Lander:
    """Lands anything that yields slices; `on_batch` hears of every commit (bytes, counts)."""

    url: str | None = None  # else the warehouse that the environment names
    limits: Limits = field(default_factory=Limits)
    on_batch: Callable[[int, Counts], None] = lambda _bytes, _counts: None
    source: Source | None = None  # whose logs these are, where no file tells by itself
    _connection: psycopg.Connection[Any] | None = None
    _workers: Workers | None = None
    _translators: Translators | None = None
    _partitions: set[tuple[str, str]] = field(default_factory=set)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close_workers()
        if self._connection is not None:
            self._connection.close()

    def land_file(self, path: Path, settle_s: float) -> Counts:
        return self.land_files([path], settle_s)[path]

    def land_files(
        self, paths: Iterable[Path], settle_s: float, report: Report = _raise
    ) -> dict[Path, Counts]:
        """Counts of each file that could be read to its end; `report` hears of the others."""
        paths = list(paths)
        workers = self._get_workers() if _is_big(paths) else None
        try:
            return self._land_each(paths, settle_s, report, workers)
        except BaseException:
            # One of them may be dead, or wait for a turn that will not come.
            self._close_workers()
            raise

    def _land_each(
        self, paths: list[Path], settle_s: float, report: Report, workers: Workers | None
    ) -> dict[Path, Counts]:
        found: dict[Path, Counts] = {}
        for path in paths:
            counts = Counts()
            try:
                state = wait_until_complete(path, settle_s)
                check = partial(require_unchanged, path, state)
                aside = None if workers is None else self._get_translators
                items = read_file(path, self.limits, self.source, aside)
                self._land(items, Origin("file", str(path)), counts, check, workers)
                check()
            except (OSError, GrowingError) as problem:
                report(path, problem)
            else:
                found[path] = counts
        if workers is not None:
            self._count(workers.finish())
        return found

    def land_stream(self, stream: BufferedReader) -> Counts:
        counts = Counts()
        items = read_stream(stream, self.limits, self.source)
        self._land(items, Origin("stdin"), counts, lambda: None, None)
        return counts

    def land_rows(self, rows: Stream, source: Source, origin: Origin) -> Counts:
        """Records that are no file's: out of another system's database."""
        counts = Counts()
        items = read_slices(as_lines(rows, self.limits, source, ()), self.limits)
        self._land(items, origin, counts, lambda: None, None)
        return counts

    def _land(
        self,
        items: Iterable[Slice | Unreadable],
        origin: Origin,
        total: Counts,
        check_complete: Callable[[], None],
        workers: Workers | None,
    ) -> None:
        """With workers, `total` is complete once they have finished."""
        for item in items:
            if isinstance(item, Slice) and not item.terminated:
                check_complete()  # the end of a file that still grows must not be taken
            if isinstance(item, Unreadable):
                if workers is not None:
                    self._count(workers.finish())
                self._count([(item.byte_length, self.commit(item, origin), total)])
            elif workers is not None:
                self._count(workers.deal(item, origin, total))
            else:
                counts = self.commit(parse(item, self.limits), origin)
                self._count([(item.byte_length, counts, total)])

    def _count(self, committed: Iterable[tuple[int, Counts, Counts]]) -> None:
        for size, counts, total in committed:
            total.add(counts)
            self.on_batch(size, counts)

    def _get_workers(self) -> Workers:
        if self._workers is None:
            # What forks them may be older than the environment, so they are told the warehouse.
            self._workers = Workers(_committer, self.url or database_url(), self.limits)
        return self._workers

    def _get_translators(self) -> Translators:
        if self._translators is None:
            self._translators = Translators(self.limits)
        return self._translators

    def _close_workers(self) -> None:
        if self._translators is not None:
            self._translators.close()
            self._translators = None
        if self._workers is not None:
            self._workers.close()
            self._workers = None

    def commit(
        self,
        item: Parsed | Unreadable,
        origin: Origin,
        also: InTransaction | None = None,
        turn: Turn | None = None,
    ) -> Counts:
        """Store one batch for good. Tries again where the fault can pass; never lands it twice."""
        batch: int | None = None
        waits = retry.waits()
        while True:
            try:
                connection = self.connection()
                if batch is None:
                    batch = _next_batch(connection)
                    crash.point("landing.batch_numbered")
                elif (landed := _landed(connection, batch)) is not None:
                    return landed  # it was committed, only the answer was lost
                return self._store(connection, item, origin, batch, also, turn or Turn())
            except retry.LASTING as error:
                raise _given_up(error) from error
            except (*retry.TRANSIENT, errors.UniqueViolation) as error:
                self._drop_connection()
                wait = next(waits, None)
                if wait is None:
                    raise _given_up(error) from error
                retry.pause(wait)

    def _store(
        self,
        connection: psycopg.Connection[Any],
        item: Parsed | Unreadable,
        origin: Origin,
        batch: int,
        also: InTransaction | None,
        turn: Turn,
    ) -> Counts:
        if isinstance(item, Parsed):
            self._ensure_partitions(connection, item)
            crash.point("landing.partitions_made")
            refs = resolve_persons(connection, item)
            crash.point("landing.persons_known")
        with connection.transaction():
            if also is not None:
                also(connection, batch)
            if isinstance(item, Parsed):
                counts = store(connection, item, refs, origin, batch, turn)
            else:
                counts = store_unreadable(connection, item, origin, batch)
        crash.point("landing.committed")
        return counts

    def connection(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = connect(url=self.url, autocommit=True, application_name="assay land")
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


def _is_big(paths: list[Path]) -> bool:
    return WORKERS > 1 and sum(path.stat().st_size for path in paths if path.exists()) >= WORTH_IT_BYTES


def _committer(url: str, limits: Limits) -> Commit:
    """What a worker process does with a slice."""
    lander = Lander(url, limits)

    def commit(item: Slice, origin: Origin, turn: Turn) -> Counts:
        return lander.commit(parse(item, limits), origin, turn=turn)

    return commit


def _given_up(error: Exception) -> AssayError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return AssayError(
        f"The database did not take a batch ({reason}). Nothing of that batch landed and nothing is"
        " lost: land the same files again once the database is well; what has landed stays."
    )
