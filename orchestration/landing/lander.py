"""Streams into batches into commits, with retries; big files on more than one core."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, Self, TypeGuard

import psycopg
from psycopg import errors

from orchestration import crash
from orchestration.errors import AssayError
from orchestration.landing import retry
from orchestration.landing.admission import resolve_persons
from orchestration.landing.contract import Retrieval
from orchestration.landing.files import (
    NotTakenError,
    State,
    growing,
    require_unchanged,
    state_of,
    wait_until_complete,
)
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Parsed, Slice, parse
from orchestration.landing.reader import read_file, read_items, read_rows, read_stream
from orchestration.landing.records import Item, Records, slices_of
from orchestration.landing.slices import UNPLACED, Unreadable
from orchestration.landing.store import Counts, Origin, open_session, store, store_unreadable
from orchestration.landing.tables import document_table, log_table
from orchestration.landing.turns import Turn, TurnInLine
from orchestration.landing.workers import WORKERS, WORTH_IT_BYTES, Commit, Finished, Workers
from orchestration.sources.registry import FOUND
from orchestration.sources.source import Source, Stream
from orchestration.warehouse.connection import connect, database_url

InTransaction = Callable[[psycopg.Connection[Any], int], None]
Report = Callable[[Path, OSError | NotTakenError], None]


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
    _files: int = 0
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
        paths = list(dict.fromkeys(paths))  # the counts of a second time would hide the first
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
        states: dict[Path, State] = {}
        for path in paths:
            counts = Counts()
            try:
                state = states[path] = wait_until_complete(path, settle_s)
                check = partial(require_unchanged, path, state)
                items = self._read(path, workers)
                self._land(items, Origin("file", str(path)), counts, check, workers)
                check()
            except (OSError, NotTakenError) as problem:
                report(path, problem)
            else:
                found[path] = counts
        if workers is not None:
            self._count(workers.finish())
        # Others landed meanwhile, or its own last lines: what came to it since then has not.
        for path in [*found]:
            with suppress(FileNotFoundError):  # landed, and already tidied up
                if state_of(path) != states[path]:
                    del found[path]
                    report(path, growing(path))
        return found

    def _read(self, path: Path, workers: Workers | None) -> Iterable[Item]:
        """Workers translate the records that they land; but a map is known to this process alone."""
        self._files += 1
        if workers is None or not (self.source is None or self.source in FOUND):
            return read_file(path, self.limits, self.source)
        return read_items(path, self.limits, self.source)

    def land_stream(self, stream: BufferedReader) -> Counts:
        counts = Counts()
        items = read_stream(stream, self.limits, self.source)
        self._land(items, Origin("stdin"), counts, lambda: None, None)
        return counts

    def land_rows(self, rows: Stream, source: Source, origin: Origin) -> Counts:
        counts = Counts()
        items = read_rows(rows, self.limits, source)
        self._land(items, origin, counts, lambda: None, None)
        return counts

    def _land(
        self,
        items: Iterable[Item],
        origin: Origin,
        total: Counts,
        check_complete: Callable[[], None],
        workers: Workers | None,
    ) -> None:
        """With workers, `total` is complete once they have finished."""
        for item in items:
            if _ends_the_file(item):
                check_complete()  # the end of a file that still grows must not be taken
            if workers is not None and _can_be_dealt(item):
                self._count(workers.deal(item, origin, self._files, total))
            else:
                self._count(self._land_alone(item, origin, total, workers))

    def _land_alone(
        self, item: Item, origin: Origin, total: Counts, workers: Workers | None
    ) -> list[Finished]:
        assert not isinstance(item, Records)  # noqa: S101 - for the type checker
        finished = []
        if workers is not None:
            finished = workers.finish()
            workers.settle(item, self._files)
        read = parse(item, self.limits) if isinstance(item, Slice) else item
        return [*finished, (item.byte_length, self.commit(read, origin), total)]

    def _count(self, committed: Iterable[tuple[int, Counts, Counts]]) -> None:
        for size, counts, total in committed:
            total.add(counts)
            self.on_batch(size, counts)

    def _get_workers(self) -> Workers:
        if self._workers is None:
            # What forks them may be older than the environment, so they are told the warehouse.
            self._workers = Workers(_committer, self.url or database_url(), self.limits)
        return self._workers

    def _close_workers(self) -> None:
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


def _ends_the_file(item: Item) -> bool:
    if isinstance(item, Records):
        return item.unended
    return isinstance(item, Slice) and not item.terminated


def _can_be_dealt(item: Item) -> TypeGuard[Slice | Records]:
    """All but what is no line, or stands behind lines that workers have yet to count."""
    return isinstance(item, Records) or (isinstance(item, Slice) and item.first_line != UNPLACED)


def _committer(url: str, limits: Limits) -> Commit:
    """What a worker process does with its share."""
    lander = Lander(url, limits)

    def commit(item: Slice | Records, origin: Origin, turn: TurnInLine) -> Counts:
        if isinstance(item, Slice):
            return lander.commit(parse(item, limits), origin, turn=turn)
        return _land_records(lander, item, origin, turn)

    return commit


def _land_records(lander: Lander, records: Records, origin: Origin, turn: TurnInLine) -> Counts:
    """Batch by batch; the turn is passed on with the last, or at the end."""
    total = Counts()
    parts = slices_of(records, lander.limits)
    part = next(parts, None)
    while part is not None:
        following = next(parts, None)
        turn.stays = following is not None
        if isinstance(part, Slice):
            total.add(lander.commit(parse(part, lander.limits), origin, turn=turn))
        else:
            with turn:
                turn.settle(part)
            total.add(lander.commit(part, origin))
        part = following
    with turn:
        pass
    return total


def _given_up(error: Exception) -> AssayError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return AssayError(
        f"The database did not take a batch ({reason}). Nothing of that batch landed and nothing is"
        " lost: land the same files again once the database is well; what has landed stays."
    )
