"""Tables of other systems in Postgres, read as the JSON lines that their files would hold.

Only what is new since the last time is read, and some of what was read before: keys make that harmless,
and rows that their system wrote late come along. The mark is set when all of it has landed.
"""

import datetime as dt
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

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

PASSWORD = "ASSAY_IMPORT_PASSWORD"  # noqa: S105 - the name of a variable
OVERLAP = dt.timedelta(hours=1)
_AT_ONCE = 50  # rows: each may be as long as a line
_PORT = 5432
_SEARCH_PATH = re.compile(r"search_path=(\S+)")
_SETTINGS = "-c timezone=UTC -c default_transaction_read_only=on"


@dataclass(frozen=True)
class Since:
    """From where on to read; without a moment, from where the last time ended."""

    moment: dt.datetime | None = None
    everything: bool = False
    overlap: dt.timedelta = OVERLAP


def import_database(
    lander: Lander, database: Database, url: str, since: Since, password: str = PASSWORD
) -> Iterator[tuple[str, Counts]]:
    """Each log of the system, as it has landed; `password` names the variable that holds it."""
    source = database.source
    with _connected(url, password) as there:
        for log, place in _logs(there, database):
            start = _start(lander, source.name, place, log, since)
            rows = Rows(there, log, start, lander.limits)
            origin = Origin("database", f"{source.name}:{place}/{log.name}")
            counts = lander.land_rows(rows, source, origin)
            _mark(lander, source.name, place, log, rows.newest)
            yield log.name, counts


def try_database(database: Database, url: str, since: Since) -> Iterator[tuple[str, Verdict]]:
    """What would land; without the warehouse, so from the given moment on, or everything."""
    limits = Limits()
    with _connected(url) as there:
        for log, _ in _logs(there, database):
            rows = Rows(there, log, since.moment, limits)

            def read(source: Source, rows: Rows = rows) -> Iterator[Slice | Unreadable]:
                return read_rows(rows, limits, source)

            yield log.name, try_items(read, database.source)


class Rows:
    """A stream of lines out of one consistent look at a table."""

    def __init__(
        self, there: psycopg.Connection[Any], log: Log, start: dt.datetime | None, limits: Limits
    ) -> None:
        self.newest: dt.datetime | None = None
        self.lines = self._lines(there, log, start, limits)

    def read(self, size: int = -1, /) -> bytes:
        parts, length = [], 0
        for line in self.lines:
            parts.append(line)
            length += len(line)
            if 0 <= size <= length:
                break
        return b"".join(parts)

    def _lines(
        self, there: psycopg.Connection[Any], log: Log, start: dt.datetime | None, limits: Limits
    ) -> Iterator[bytes]:
        with _said_plainly(log), there.transaction(), there.cursor(name="rows", binary=True) as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(
                f"""select case when octet_length(said::text) <= %(most)s then said::text
                        else ({_slim(log)})::text end, moment::timestamptz
                    from ({log.select}) as log
                    where (moment >= %(start)s::timestamp or %(start)s::timestamp is null)
                        and moment < now() - %(settled)s
                    order by moment""".encode(),
                {"most": limits.line_bytes, "settled": log.settled,
                 "start": start.astimezone(dt.UTC).replace(tzinfo=None) if start else None},
            )  # fmt: skip
            for line, moment in cursor:
                self.newest = moment
                yield line.encode() + b"\n"


def _slim(log: Log) -> str:
    """The row without its texts: what it counts still lands."""
    return " #- ".join(["said::jsonb", *(f"'{{{text.replace('.', ',')}}}'" for text in log.texts)])


@contextmanager
def _said_plainly(log: Log) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UndefinedColumn as error:
        column = str(error).partition("\n")[0]
        raise AssayError(f"{log.needs} is of a version that is not known here: {column}.") from None
    except psycopg.errors.InsufficientPrivilege:
        raise AssayError(f"The user may not read {log.needs}: grant select on it.") from None
    except psycopg.OperationalError:
        raise AssayError(
            "The connection to the other database was lost. What has landed stays; import again."
        ) from None


def read_url(url: str) -> dict[str, Any]:
    from psycopg.conninfo import conninfo_to_dict

    try:
        return dict(conninfo_to_dict(url))
    except psycopg.Error:
        # libpq's message quotes the URL, password and all.
        raise AssayError(
            "`from` is not a PostgreSQL URL. It looks like postgresql://user@host:5432/database, with"
            f" the password in {PASSWORD}."
        ) from None


@contextmanager
def _connected(url: str, password: str = PASSWORD) -> Iterator[psycopg.Connection[Any]]:
    given = read_url(url)
    if secret := os.environ.get(password):
        given["password"] = secret
    given["options"] = f"{given.get('options') or ''} {_SETTINGS}".strip()
    given = {"connect_timeout": 10, **given, "application_name": "assay import"}
    try:
        connection = psycopg.connect(**given, client_encoding="utf8")
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        for word in filter(None, (given.get("password"),)):
            said = said.replace(str(word), "***")
        raise AssayError(f"No connection to the other database: {said}") from None
    try:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection
    finally:
        connection.close()


def _logs(there: psycopg.Connection[Any], database: Database) -> list[tuple[Log, str]]:
    """Those that are there, each with its place."""
    place = _place({"host": there.info.host, "port": there.info.port, "dbname": there.info.dbname})
    found = [(log, _schema_of(there, log, place)) for log in database.logs]
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
    paths = _SEARCH_PATH.findall(parts.get("options") or "")
    schemas = paths[-1].split(",") if paths else ["public"]
    return [_within(_place(parts), schema.strip('"')) for schema in schemas]


def _schema_of(there: psycopg.Connection[Any], log: Log, place: str) -> str | None:
    """Where its table is; None where there is none and none has to be."""
    with there.transaction():
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
    if since.everything or since.moment is not None:
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
