"""Another system's database: the connection, what its errors mean, and rows of its tables as lines.

Settings are made within each transaction: poolers refuse those that come with the connection.
"""

import datetime as dt
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors

from orchestration.errors import AssayError
from orchestration.landing.limits import Limits
from orchestration.sources.database import Log
from orchestration.warehouse.connection import parts

PASSWORD = "ASSAY_IMPORT_PASSWORD"  # noqa: S105 - the name of a variable
_AT_ONCE = 50  # rows: each may be as long as a line
_MICROSECOND = dt.timedelta(microseconds=1)
_SEARCH_PATH = re.compile(r"(?:-c\s*|--)search_path=((?:\\.|[^\s\\])+)")
# What comes again with every import until somebody sees to it.
_HINTS = {
    "57014": "Its statement_timeout may be too short for this user.",
    "40001": "On a standby, hot_standby_feedback or a longer max_standby_streaming_delay helps.",
    "22021": "A text there is not in the encoding of its database.",
}


@dataclass(frozen=True)
class Theirs:
    connection: psycopg.Connection[Any]
    search_path: str | None

    @contextmanager
    def reading(self, log: Log) -> Iterator[psycopg.Connection[Any]]:
        """One consistent look, in UTC; what ends it is said in a sentence."""
        there = self.connection
        try:
            with there.transaction():
                there.execute("set local timezone to 'UTC'")
                if self.search_path is not None:
                    there.execute("select set_config('search_path', %s, true)", [self.search_path])
                yield there
        except psycopg.Error as error:
            raise AssayError(_sentence(error, log, is_lost=there.closed)) from None


def _sentence(error: psycopg.Error, log: Log, *, is_lost: bool) -> str:
    named = error.diag.message_primary  # in these cases names of theirs, never a row
    match error:
        case errors.UndefinedColumn() | errors.UndefinedTable():
            return f"{log.needs} is of a version that is not known here: {named}."
        case errors.InsufficientPrivilege():
            return f"The user may not read all that {log.name} takes: {named}. Grant select on it."
    if is_lost:
        return "The connection to the other database was lost. What has landed stays; import again."
    state = error.sqlstate or "no SQLSTATE"
    return (
        f"The other database ended the reading of {log.name} ({type(error).__name__}, {state})."
        f" {_HINTS.get(state, 'Its log says why.')} What has landed stays."
    )


@contextmanager
def connected(url: str, password: str = PASSWORD) -> Iterator[Theirs]:
    given = read_url(url)
    if secret := os.environ.get(password):
        given["password"] = secret
    options, search_path = _search_path_of(given.pop("options", None) or "")
    if options:
        given["options"] = options
    given = {"connect_timeout": 10, **given, "application_name": "assay import"}
    try:
        connection = psycopg.connect(
            **given,
            client_encoding="utf8",
            prepare_threshold=None,  # what is prepared on one server a pooler sends to another
        )
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        for word in filter(None, (given.get("password"),)):
            said = said.replace(str(word), "***")
        raise AssayError(f"No connection to the other database: {said}") from None
    try:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield Theirs(connection, search_path)
    finally:
        connection.close()


def read_url(url: str) -> dict[str, Any]:
    return parts(
        url,
        "`from` is not a PostgreSQL URL. It looks like postgresql://user@host:5432/database, with"
        f" the password in {PASSWORD}.",
    )


def _search_path_of(options: str) -> tuple[str, str | None]:
    """The other options, and the search path among them."""
    paths = _SEARCH_PATH.findall(options)
    rest = _SEARCH_PATH.sub("", options).strip()
    return rest, re.sub(r"\\(.)", r"\1", paths[-1]) if paths else None


def schemas_of(options: str) -> list[str]:
    """Where tables may be, by the search path alone."""
    _, path = _search_path_of(options)
    return [schema.strip().strip('"') for schema in (path or "public").split(",")]


_Span = dict[str, dt.datetime | None]
# Rows are ordered by `log.moment`: alone, `moment` is the answer's, which no index of theirs serves.
_WITHIN = """(moment >= %(start)s::timestamp or %(start)s::timestamp is null)
    and moment < %(until)s::timestamptz"""


class Rows:
    """A stream of lines out of one consistent look at a table: all from `start` on, or the first `most`
    and those of the same moment as the last of them."""

    def __init__(
        self,
        theirs: Theirs,
        log: Log,
        start: dt.datetime | None,
        until: dt.datetime,
        limits: Limits,
        most: int | None = None,
    ) -> None:
        self.newest: dt.datetime | None = None  # of what was read
        self.following: dt.datetime | None = None  # where the rest begins, once this is read
        self.lines = self._lines(theirs, log, _span(start, until), limits, most)

    def read(self, size: int = -1, /) -> bytes:
        taken, length = [], 0
        for line in self.lines:
            taken.append(line)
            length += len(line)
            if 0 <= size <= length:
                break
        return b"".join(taken)

    def _lines(
        self, theirs: Theirs, log: Log, span: _Span, limits: Limits, most: int | None
    ) -> Iterator[bytes]:
        with theirs.reading(log) as there, there.cursor(name="rows", binary=True) as cursor:
            last = None if most is None else _moment_at(there, log, span, most, "asc")
            if last is not None:
                span["until"] = self.following = last + _MICROSECOND
            cursor.itersize = _AT_ONCE
            cursor.execute(
                f"""select case when octet_length(said::text) <= %(longest)s then said::text
                        else ({_slim(log)})::text end, moment::timestamptz
                    from ({log.select}) as log
                    where {_WITHIN}
                    order by log.moment""".encode(),
                {**span, "longest": limits.line_bytes},
            )
            for line, moment in cursor:
                self.newest = moment
                yield line.encode() + b"\n"


def windows(theirs: Theirs, log: Log, start: dt.datetime | None, limits: Limits) -> Iterator[Rows]:
    """As many rows at a time as make a batch, since an import that is ended goes on behind the last.

    None is younger than the beginning of the first: of what is written meanwhile, and late, the next
    import would miss some, if this one had gone on to later moments.
    """
    until, most = settled(theirs, log), max(1, limits.batch_lines // 2)
    while True:
        rows = Rows(theirs, log, start, until, limits, most)
        yield rows
        if rows.following is None:
            return
        start = rows.following


def settled(theirs: Theirs, log: Log) -> dt.datetime:
    """Rows before this moment are read, by the clock that they were written by."""
    with theirs.reading(log) as there:
        (moment,) = there.execute("select now() - %s", [log.settled]).fetchone() or (None,)
    assert isinstance(moment, dt.datetime)  # noqa: S101 - for the type checker
    return moment


def newest(theirs: Theirs, log: Log, until: dt.datetime, most: int) -> dt.datetime | None:
    """From where on there are so many rows; None where there are not."""
    with theirs.reading(log) as there:
        return _moment_at(there, log, _span(None, until), most, "desc")


def _span(start: dt.datetime | None, until: dt.datetime) -> _Span:
    return {"start": start.astimezone(dt.UTC).replace(tzinfo=None) if start else None, "until": until}


def _moment_at(
    there: psycopg.Connection[Any], log: Log, span: _Span, place: int, order: str
) -> dt.datetime | None:
    """`with ties` would say it in one query, from PostgreSQL 13 on."""
    found = there.execute(
        f"""select moment::timestamptz from ({log.select}) as log where {_WITHIN}
            order by log.moment {order} limit 1 offset %(place)s""".encode(),
        {**span, "place": place - 1},
    ).fetchone()
    return found[0] if found else None


def _slim(log: Log) -> str:
    """The row without its texts: what it counts still lands."""
    return " #- ".join(["said::jsonb", *(f"'{{{text.replace('.', ',')}}}'" for text in log.texts)])
