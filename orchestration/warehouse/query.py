"""`assay sql`: one statement, its rows as they arrive, exactly as PostgreSQL writes them."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from orchestration.errors import AssayError

if TYPE_CHECKING:
    import psycopg

_CHUNK = 1000


class Number(str):
    """Digits as PostgreSQL wrote them: a float would round them."""

    __slots__ = ()


class Moment(str):
    """Dates, times and intervals: text of PostgreSQL's own making."""

    __slots__ = ()


class Json(str):
    __slots__ = ()


Row = tuple[Any, ...]


@dataclass
class Answer:
    """`columns` is None for a statement without a result, such as `create table`."""

    columns: list[str] | None
    rows: Generator[Row, None, None] = field(default_factory=lambda: _no_rows())
    message: str = ""


@contextmanager
def answer(statement: str, *, write: bool = False) -> Iterator[Answer]:
    """Read the rows inside the `with`. Without `write` nothing the statement does can remain."""
    import psycopg

    from orchestration.warehouse.connection import connect

    if not statement.strip():
        raise AssayError("There is no statement to run.")
    with connect(autocommit=write, application_name="assay sql") as connection:
        _register_loaders(connection)
        try:
            if not write:
                connection.execute("set transaction read only")
            found = _ask(connection, statement)
            try:
                yield found
            finally:
                # A reader that stopped half-way (`assay sql ... | head`) leaves a running query,
                # which holds the connection's lock: end it before anything else wants that.
                found.rows.close()
        except psycopg.Error as error:
            raise AssayError(explain(error, statement)) from None
        finally:
            if not write and not connection.closed:
                connection.rollback()


def _ask(connection: "psycopg.Connection", statement: str) -> Answer:
    import psycopg
    from psycopg.pq import ExecStatus

    # The extended protocol takes one statement, so a `commit; delete ...` never gets through;
    # describing it first tells the columns even when no row follows.
    text = statement.encode()
    for reply in (
        connection.pgconn.prepare(b"", text),
        described := connection.pgconn.describe_prepared(b""),
    ):
        if reply.status == ExecStatus.FATAL_ERROR:
            raise psycopg.errors.error_from_result(reply)
    cursor = connection.cursor()
    if described.nfields == 0:
        cursor.execute(text, prepare=True)
        return Answer(None, message=cursor.statusmessage or "")
    columns = [(described.fname(n) or b"").decode() for n in range(described.nfields)]
    chunk = _CHUNK if psycopg.Capabilities().has_stream_chunked() else 1
    return Answer(columns, _rows(cursor, text, chunk))


def _rows(cursor: "psycopg.Cursor[Row]", text: bytes, chunk: int) -> Generator[Row, None, None]:
    yield from cursor.stream(text, size=chunk)


def _no_rows() -> Generator[Row, None, None]:
    yield from ()


def explain(error: "psycopg.Error", statement: str) -> str:
    if error.sqlstate == "42601" and "multiple commands" in str(error):
        return "`assay sql` runs one statement at a time; psql runs scripts."
    message = error.diag.message_primary or " ".join(str(error).split())
    sentence = f"PostgreSQL says: {message}"
    if error.diag.statement_position:
        before = statement[: int(error.diag.statement_position) - 1]
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        sentence += f" (line {line}, column {column})"
    sentence += "."
    if error.diag.message_hint:
        sentence += f" {error.diag.message_hint}"
    if error.sqlstate == "25006":
        sentence += " Only --write changes data."
    return sentence


def _ranges() -> list[str]:
    of = ("int4", "int8", "num", "date", "ts", "tstz")
    return [f"{name}{kind}" for name in of for kind in ("range", "multirange")]


def _register_loaders(connection: "psycopg.Connection") -> None:
    from psycopg.adapt import Loader

    def as_text(data: Any) -> str:
        return bytes(data).decode()

    class TextLoader(Loader):
        kind: ClassVar[type[str]] = str

        def load(self, data: Any) -> str:
            return self.kind(as_text(data))

    class NumberLoader(TextLoader):
        kind = Number

    class MomentLoader(TextLoader):
        kind = Moment

    class JsonLoader(TextLoader):
        kind = Json

    class DateTimeLoader(TextLoader):
        def load(self, data: Any) -> str:
            # The session is in UTC; "infinity" has neither a blank nor an offset.
            day, blank, time = as_text(data).partition(" ")
            era = " BC" if time.endswith(" BC") else ""
            time = time.removesuffix(" BC")
            if time.endswith("+00"):
                time = time.removesuffix("+00") + "Z"
            return Moment(day + ("T" if blank else "") + time + era)

    loaders: dict[type[Loader], tuple[str, ...]] = {
        NumberLoader: ("int2", "int4", "int8", "oid", "float4", "float8", "numeric"),
        DateTimeLoader: ("timestamp", "timestamptz"),
        MomentLoader: ("date", "time", "timetz", "interval"),
        JsonLoader: ("json", "jsonb"),
        TextLoader: ("uuid", "bytea", "inet", "cidr", "bit", "varbit", "record", *_ranges()),
    }
    for loader, types in loaders.items():
        for name in types:
            connection.adapters.register_loader(name, loader)
