"""Big sources, on more than one core: slices are dealt in turn to processes that parse and store them.

Parsing runs side by side; admission (who is new?) goes round in the order of the slices, so that the
first of two lines with one key is the first of the source, as with a single lander.
"""

import gc
import multiprocessing as mp
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Semaphore
from typing import Any, Self

from orchestration.errors import AssayError
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice
from orchestration.landing.store import Counts, Origin

# Below this a source is landed sooner than a process is started.
WORTH_IT_BYTES = 8 << 20
# A third was a tenth faster on two cores, and took all of them together over 256 MiB.
WORKERS = min(2, os.cpu_count() or 1)
_LOOK_FOR_PARENT_S = 1.0

Commit = Callable[[Slice, Origin, AbstractContextManager[Any]], Counts]
Finished = tuple[int, Counts, Counts]  # bytes of a slice, its counts, the total they belong to
MakeCommit = Callable[[str | None, Limits], Commit]


@dataclass
class Turn(AbstractContextManager["Turn"]):
    """Held while a slice is admitted; taken once and passed on once, however often a batch retries."""

    mine: Semaphore
    next: Semaphore
    parent: int
    taken: bool = False
    passed: bool = False

    def __enter__(self) -> Self:
        while not self.taken:
            self.taken = self.mine.acquire(timeout=_LOOK_FOR_PARENT_S)
            if not self.taken and os.getppid() != self.parent:
                raise SystemExit(1)  # killed: nobody will pass the turn on
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        if failure is None and not self.passed:
            self.passed = True
            self.next.release()


class Workers:
    """Counts come back in the order in which slices were dealt."""

    def __init__(self, make_commit: MakeCommit, url: str | None, limits: Limits) -> None:
        # Spawned, not forked: the parent has threads and an open connection.
        context = mp.get_context("spawn")
        # Kept: a semaphore that is collected here is gone before a child has opened it.
        self.turns = [context.Semaphore(0 if number else 1) for number in range(WORKERS)]
        self.pipes: list[Connection] = []
        self.processes = []
        self.busy: list[tuple[Connection, int, Counts]] = []
        self.dealt = 0
        for number in range(WORKERS):
            ours, theirs = context.Pipe()
            ring = (self.turns[number], self.turns[(number + 1) % WORKERS])
            process = context.Process(
                target=_serve,
                args=(theirs, make_commit, url, limits, ring, os.getpid()),
                daemon=True,
            )
            process.start()
            theirs.close()
            self.pipes.append(ours)
            self.processes.append(process)

    def deal(self, item: Slice, origin: Origin, total: Counts) -> list[Finished]:
        """Hands the slice over; returns what had to be finished first."""
        finished = [self._finish_oldest()] if len(self.busy) == WORKERS else []
        pipe = self.pipes[self.dealt % WORKERS]
        self.dealt += 1
        blob = b"\n".join(item.lines)
        self.busy.append((pipe, len(blob) + 1, total))
        try:
            pipe.send((origin, item.first_line, item.byte_start, item.terminated, blob))
        except BrokenPipeError:
            raise _died() from None
        return finished

    def finish(self) -> list[Finished]:
        return [self._finish_oldest() for _ in range(len(self.busy))]

    def _finish_oldest(self) -> Finished:
        pipe, size, total = self.busy[0]
        try:
            answer = pipe.recv()
        except (EOFError, ConnectionResetError):
            raise _died() from None
        if isinstance(answer, BaseException):
            raise answer
        self.busy.pop(0)
        return size, answer, total

    def close(self) -> None:
        for pipe in self.pipes:
            pipe.close()
        for process in self.processes:
            if self.busy:
                process.terminate()  # after a failure: what is not committed rolls back
            process.join()


def _died() -> AssayError:
    return AssayError("A landing process died. What it had committed stays; land the same files again.")


def _serve(
    pipe: Connection,
    make_commit: MakeCommit,
    url: str | None,
    limits: Limits,
    ring: tuple[Semaphore, Semaphore],
    parent: int,
) -> None:
    # Batches are freed by count, nothing of them is cyclic: looking for cycles is time lost.
    gc.disable()
    commit = make_commit(url, limits)
    while True:
        try:
            origin, first_line, byte_start, terminated, blob = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        item = Slice(first_line, byte_start, blob.split(b"\n"), terminated)
        try:
            answer: Counts | AssayError = commit(item, origin, Turn(*ring, parent))
        except AssayError as error:
            answer = error
        try:
            pipe.send(answer)
        except BrokenPipeError:
            return  # whoever asked is gone; what was committed stays
