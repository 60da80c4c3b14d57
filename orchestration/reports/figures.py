"""What a report knows: cells of marts, each with where it stands, so that it can be asked again."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from orchestration.errors import AssayError

Row = tuple[Any, ...]
Value = int | float | Decimal | None


@dataclass(frozen=True)
class Period:
    """Local days, both ends included."""

    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> "Period":
        """As many days, just before."""
        return Period(self.first - dt.timedelta(self.days), self.first - dt.timedelta(1))

    @property
    def holds_a_week(self) -> bool:
        """From a Monday to a Sunday, both in it: the weeks that marts have rows of."""
        before_monday = -self.first.weekday() % 7
        return before_monday + 7 <= self.days


ALWAYS = Period(dt.date(1, 1, 1), dt.date(9999, 12, 31))


@dataclass(frozen=True)
class Cells:
    """Of the rows that a workspace has in a mart: `columns` are expressions of SQL over its columns.
    `by` is the column that places a row in time; None where a row belongs to no day. What is the same
    for all workspaces has `of_all`."""

    mart: str
    columns: Sequence[str]
    where: str = "true"
    by: str | None = "day"
    of_all: bool = False
    order: str = ""
    group: str = ""

    def statement(self) -> sql.Composed:
        inside = f"and {self.by} between %(first)s and %(last)s" if self.by else ""
        grouped = f"group by {self.group}" if self.group else ""
        ordered = f"order by {self.order}" if self.order else ""
        whose = "" if self.of_all else "and workspace = %(workspace)s"
        return sql.SQL("select {} from {} where {}").format(
            sql.SQL(", ".join(self.columns)),
            sql.Identifier("marts", self.mart),
            sql.SQL(f"({self.where}) {whose} {inside} {grouped} {ordered}"),
        )


@dataclass
class Ledger:
    """All that one report has read, from one snapshot, about one workspace."""

    session: psycopg.Connection[Any]
    workspace: str
    read: list[tuple[Cells, Period, list[Row]]] = field(default_factory=list)

    def rows(self, cells: Cells, period: Period) -> list[Row]:
        found = self._ask(cells, period)
        self.read.append((cells, period, found))
        return found

    def row(self, cells: Cells, period: Period) -> Row:
        """Of an aggregate, or of what has one row at most."""
        found = self.rows(cells, period)
        return found[0] if found else (None,) * len(cells.columns)

    def require_unchanged(self) -> None:
        """Asks for everything again: a report says nothing that no cell says."""
        problems = list(self._changes())
        if problems:
            raise AssayError("The report is not written:\n" + "\n".join(problems))

    def _changes(self) -> Iterator[str]:
        for cells, period, said in self.read:
            held = self._ask(cells, period)
            if len(said) != len(held):
                yield f"it has {len(said)} rows of marts.{cells.mart}, which has {len(held)}."
            for one, other in zip(said, held, strict=False):
                for column, mine, its in zip(cells.columns, one, other, strict=True):
                    if mine != its:
                        yield (
                            f"it says {mine} where marts.{cells.mart} holds {its}: {column},"
                            f" {period.first} to {period.last}."
                        )

    def _ask(self, cells: Cells, period: Period) -> list[Row]:
        given = {"workspace": self.workspace, "first": period.first, "last": period.last}
        return self.session.execute(cells.statement(), given).fetchall()
