"""Puts lines into the inbox: whatever waits goes in one commit, and is acknowledged after it."""

import asyncio
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import psycopg

from orchestration import crash
from orchestration.errors import AssayError
from orchestration.receiver.limits import ReceiverLimits
from orchestration.warehouse.connection import connect

_LOOK_AT_BACKLOG_S = 1.0
# Commits of more than this would keep those who came later waiting.
_AT_ONCE_BYTES = 8 << 20


class UnavailableError(Exception):
    """Nothing was kept; the client is to come again."""


@dataclass
class Waiting:
    lines: bytes
    answer: asyncio.Future[None]
    since: float = field(default_factory=time.monotonic)


@dataclass
class Counts:
    """What `/healthz` tells."""

    commits: int = 0
    committed_lines: int = 0
    failed_commits: int = 0
    last_commit_ms: float = 0.0
    backlog_lines: int = 0
    connected: bool = False


class Committer(threading.Thread):
    """One thread with one connection. `stop` returns when all that waited is committed."""

    def __init__(self, limits: ReceiverLimits, url: str | None = None) -> None:
        super().__init__(name="committer", daemon=True)
        self.limits, self.url = limits, url
        self.counts = Counts()
        self._waiting: deque[Waiting] = deque()
        self._news = threading.Condition()
        self._stopping = False
        self._connection: psycopg.Connection[Any] | None = None
        self._looked_at = -_LOOK_AT_BACKLOG_S

    @property
    def is_full(self) -> bool:
        return self.counts.backlog_lines >= self.limits.backlog_lines

    def submit(self, lines: bytes) -> asyncio.Future[None]:
        """Called on the event loop; the answer comes with the commit."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._news:
            if self._stopping or not self.is_alive():
                raise UnavailableError
            self._waiting.append(Waiting(lines, answer))
            self._news.notify()
        return answer

    def stop(self) -> None:
        with self._news:
            self._stopping = True
            self._news.notify()
        self.join()

    def run(self) -> None:
        while (taken := self._take()) is not None:
            if taken:
                self._settle(taken)
            self._look_at_backlog()
        if self._connection is not None:
            self._connection.close()

    def _take(self) -> list[Waiting] | None:
        with self._news:
            if not self._waiting and not self._stopping:
                self._news.wait(_LOOK_AT_BACKLOG_S)
            if not self._waiting:
                return None if self._stopping else []
            taken, size = [], 0
            while self._waiting and size < _AT_ONCE_BYTES:
                taken.append(self._waiting.popleft())
                size += len(taken[-1].lines)
            return taken

    def _settle(self, taken: list[Waiting]) -> None:
        began = time.monotonic()
        problem: Exception | None = None
        try:
            lines = self._commit(taken)
        except Exception:
            # Whatever it is, this thread goes on and nobody waits for ever. What the error says may
            # quote a line, so nobody hears of it.
            self._drop_connection()
            self.counts.failed_commits += 1
            problem = UnavailableError()
        else:
            self.counts.commits += 1
            self.counts.committed_lines += lines
            self.counts.last_commit_ms = round((time.monotonic() - began) * 1000, 1)
        for one in taken:
            one.answer.get_loop().call_soon_threadsafe(_tell, one.answer, problem)

    def _commit(self, taken: list[Waiting]) -> int:
        lines = [line for one in taken for line in one.lines.split(b"\n") if line]
        connection = self._connected()
        with connection.transaction():
            with connection.cursor().copy("copy landing.inbox (line) from stdin") as copy:
                for line in lines:
                    copy.write_row((line.decode(),))
            crash.point("receiver.lines_copied")
        crash.point("receiver.committed")
        return len(lines)

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = connect(url=self.url, autocommit=True, application_name="assay receive")
            self._connection.execute("set synchronous_commit = on")
        self.counts.connected = True
        return self._connection

    def _drop_connection(self) -> None:
        self.counts.connected = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _look_at_backlog(self) -> None:
        """Also finds out whether the database is there while nobody sends anything."""
        if time.monotonic() - self._looked_at < _LOOK_AT_BACKLOG_S:
            return
        self._looked_at = time.monotonic()
        try:
            row = (
                self._connected()
                .execute("select coalesce(max(inbox_id) - min(inbox_id) + 1, 0) from landing.inbox")
                .fetchone()
            )
        except (psycopg.Error, AssayError, OSError):
            self._drop_connection()
        else:
            self.counts.backlog_lines = int(row[0]) if row else 0


def _tell(answer: asyncio.Future[None], problem: Exception | None) -> None:
    if answer.done():  # the client has hung up
        return
    if problem is None:
        answer.set_result(None)
    else:
        answer.set_exception(problem)
