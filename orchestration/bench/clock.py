"""Processor time, which other work on the machine does not count into."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from os import sysconf
from pathlib import Path
from typing import Any

import psycopg

_TICKS = sysconf("SC_CLK_TCK")


@dataclass
class Clock:
    """`server` is the process that all of the server's others descend from."""

    server: int

    @classmethod
    def of(cls, session: psycopg.Connection[Any]) -> "Clock":
        backend = number(session, "select pg_backend_pid()")
        stat = Path(f"/proc/{backend}/stat").read_text()
        return cls(int(stat.rpartition(")")[2].split()[1]))

    def __call__(self) -> float:
        """Processor seconds so far, ours and the server's; others on the machine do not count."""
        return time.process_time() + sum(self._server_s())

    def _server_s(self) -> Iterator[float]:
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:  # it has ended, and is counted with its parent
                continue
            if int(path.parent.name) == self.server:
                yield sum(map(int, fields[11:15])) / _TICKS
            elif int(fields[1]) == self.server:
                yield sum(map(int, fields[11:13])) / _TICKS


def number(session: psycopg.Connection[Any], query: str) -> int:
    row = session.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0
