"""Tables of other systems in Postgres, read as the JSON lines that their files would hold.

Only what is new since the last time is read, and some of what was read before: keys make that harmless,
and rows that their system wrote late come along. The mark is set behind each window that has landed.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.errors import AssayError
from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice
from orchestration.landing.reader import read_rows
from orchestration.landing.slices import Unreadable
from orchestration.landing.store import Counts, Origin
from orchestration.sources.database import Database, Log
from orchestration.sources.dry_run import Verdict, try_items
from orchestration.sources.source import Source
from orchestration.sources.theirs import (
    PASSWORD,
    Rows,
    Theirs,
    connected,
    newest,
    read_url,
    schemas_of,
    settled,
    windows,
)

OVERLAP = dt.timedelta(hours=1)
TRIED = 100_000  # rows of a log in a dry run, unless it is told from where on
_PORT = 5432


@dataclass(frozen=True)
class Since:
    """From where on to read; without a moment, from where the last time ended."""

    moment: dt.datetime | None = None
    everything: bool = False
    overlap: dt.timedelta = OVERLAP

    def is_said(self) -> bool:
        return self.everything or self.moment is not None


def import_database(
    lander: Lander, database: Database, url: str, since: Since, password: str = PASSWORD
) -> Iterator[tuple[str, Counts]]:
    """Each log of the system, as it has landed; `password` names the variable that holds it."""
    source = database.source
    with connected(url, password) as theirs:
        for log, place in _logs(theirs, database):
            start = _start(lander, source.name, place, log, since)
            origin = Origin("database", f"{source.name}:{place}/{log.name}")
            counts = Counts()
            for rows in windows(theirs, log, start, lander.limits):
                counts.add(lander.land_rows(rows, source, origin))
                _mark(lander, source.name, place, log, rows.newest)
            yield log.name, counts


def try_database(
    database: Database, url: str, since: Since, most: int = TRIED
) -> Iterator[tuple[str, Verdict, bool]]:
    """What would land of each log, and whether that is told of its newest rows only: what was seen is
    kept until the end. Without the warehouse, so no mark is known."""
    limits = Limits()
    with connected(url) as theirs:
        for log, _ in _logs(theirs, database):
            until = settled(theirs, log)
            start = since.moment if since.is_said() else newest(theirs, log, until, most)
            rows = Rows(theirs, log, start, until, limits)

            def read(source: Source, rows: Rows = rows) -> Iterator[Slice | Unreadable]:
                return read_rows(rows, limits, source)

            yield log.name, try_items(read, database.source), not since.is_said() and start is not None


def _logs(theirs: Theirs, database: Database) -> list[tuple[Log, str]]:
    """Those that are there, each with its place."""
    info = theirs.connection.info
    place = _place({"host": info.host, "port": info.port, "dbname": info.dbname})
    found = [(log, _schema_of(theirs, log, place)) for log in database.logs]
    return [(log, _within(place, schema)) for log, schema in found if schema is not None]


def _place(parts: Mapping[str, Any]) -> str:
    """Which database it is, without who asks."""
    return f"{parts.get('host')}:{parts.get('port', _PORT)}/{parts.get('dbname', parts.get('user'))}"


def _within(place: str, schema: str) -> str:
    """Marks of `public` are older than the look at schemas, and stay what they were."""
    return place if schema == "public" else f"{place}/{schema}"


def places_of(url: str) -> list[str]:
    """Where its tables may be, by its search path: what is away cannot be asked."""
    parts = read_url(url)
    schemas = schemas_of(parts.get("options") or "")
    return [_within(_place(parts), schema) for schema in schemas]


def _schema_of(theirs: Theirs, log: Log, place: str) -> str | None:
    """Where its table is; None where there is none and none has to be."""
    with theirs.reading(log) as there:
        found = there.execute(
            """select relnamespace::regnamespace::text from pg_class
               where oid = to_regclass(%s)""",
            (log.needs,),
        ).fetchone()
    if found is not None:
        return str(found[0])
    if log.optional:
        return None
    raise AssayError(
        f"There is no table {log.needs} in {place}. If it is in another schema, add"
        " ?options=-csearch_path%3DSCHEMA to the URL."
    )


def _start(lander: Lander, source: str, place: str, log: Log, since: Since) -> dt.datetime | None:
    if since.is_said():
        return since.moment
    row = lander.connection().execute(
        "select seen_to from landing.import_mark where source = %s and place = %s and log = %s",
        (source, place, log.name),
    ).fetchone()  # fmt: skip
    return row[0] - since.overlap if row else None


def _mark(lander: Lander, source: str, place: str, log: Log, newest: dt.datetime | None) -> None:
    if newest is None:
        return
    lander.connection().execute(
        """insert into landing.import_mark as mark (source, place, log, seen_to) values (%s, %s, %s, %s)
           on conflict (source, place, log) do update
           set seen_to = greatest(mark.seen_to, excluded.seen_to), marked_at = clock_timestamp()""",
        (source, place, log.name, newest),
    )
