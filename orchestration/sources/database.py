"""What is read of another system's database."""

import datetime as dt
from dataclasses import dataclass
from typing import LiteralString

from orchestration.sources.source import Source


@dataclass(frozen=True)
class Log:
    """`select` gives `said`, an object, and `moment`, by which rows are told to be new."""

    name: str
    needs: str  # a table without which this is another database
    select: LiteralString
    texts: tuple[str, ...] = ()  # left out of rows that are longer than a line may be
    settled: dt.timedelta = dt.timedelta()  # younger rows may still change
    optional: bool = False  # not every version has it


@dataclass(frozen=True)
class Database:
    source: Source
    logs: tuple[Log, ...]
