"""Big files, on more than one core: each slice, or group of records, goes to a process that is free, to
be translated, parsed and stored.

They work side by side; only admission (who is new?) goes in the order of the slices.
"""

import gc
import multiprocessing as mp
import os
import signal
from collections.abc import Callable
from itertools import accumulate
from multiprocessing.connection import Connection, wait

from orchestration.errors import AssayError, sentence_of
from orchestration.landing.limits import Limits
from orchestration.landing.parse import Slice
from orchestration.landing.records import Records
from orchestration.landing.slices import UNPLACED, Unreadable
from orchestration.landing.store import Counts, Origin
from orchestration.landing.turns import TurnInLine, Turns
from orchestration.sources.registry import named

# Below this a source is landed sooner than a process is started.
WORTH_IT_BYTES = 8 << 20
# One more than the cores of a small machine: while one waits for the database, another works. A fourth
# would take all of them together over 256 MiB.
WORKERS = 3 if (os.cpu_count() or 1) > 1 else 1

Commit = Callable[[Slice | Records, Origin, TurnInLine], Counts]
Finished = tuple[int, Counts, Counts]  # bytes of a slice, its counts, the total they belong to
MakeCommit = Callable[[str, Limits], Commit]


class Workers:
    def __init__(self, make_commit: MakeCommit, url: str, limits: Limits) -> None:
        # Forked, but not from here: the parent has threads and an open connection. What forks them has
        # loaded everything once, and shares it with them.
        context = mp.get_context("forkserver")
        context.set_forkserver_preload([_serve.__module__, make_commit.__module__])
        # Kept: a semaphore that is collected here is gone before a child has opened it.
        self.turns = Turns(context, WORKERS, limits.batch_lines)
        self.free: list[Connection] = []
        self.busy: dict[Connection, tuple[int, Counts]] = {}
        self.processes = []
        self.dealt = 0
        for _ in range(WORKERS):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_serve,
                args=(theirs, make_commit, url, limits, self.turns),
                daemon=True,
            )
            process.start()
            theirs.close()
            self.free.append(ours)
            self.processes.append(process)

    def deal(self, item: Slice | Records, origin: Origin, file: int, total: Counts) -> list[Finished]:
        """Hands it over; returns what had to be finished first."""
        finished = [] if self.free else self._finish_some()
        pipe = self.free.pop()
        self.busy[pipe] = (item.byte_length, total)
        try:
            pipe.send((self.dealt, file, origin))
            _send(pipe, item)
        except BrokenPipeError:
            raise _died() from None
        self.dealt += 1
        return finished

    def settle(self, item: Slice | Unreadable, file: int) -> None:
        """Once all have finished: where that stands which is landed without them."""
        if item.first_line == UNPLACED:
            self.turns.settle(item, file)

    def finish(self) -> list[Finished]:
        finished = []
        while self.busy:
            finished += self._finish_some()
        return finished

    def _finish_some(self) -> list[Finished]:
        """Waits for an answer; returns all that are there."""
        finished = []
        for pipe in wait([*self.busy]):
            assert isinstance(pipe, Connection)  # noqa: S101 - for the type checker
            try:
                answer = pipe.recv()
            except (EOFError, ConnectionResetError):
                raise _died() from None
            if isinstance(answer, BaseException):
                raise answer
            size, total = self.busy.pop(pipe)
            self.free.append(pipe)
            finished.append((size, answer, total))
        return finished

    def close(self) -> None:
        for pipe in (*self.free, *self.busy):
            pipe.close()
        for process in self.processes:
            if self.busy:
                # After a failure: what is not committed rolls back. SIGTERM may be ignored here.
                process.kill()
            process.join()


def _send(pipe: Connection, item: Slice | Records) -> None:
    if isinstance(item, Slice):
        pipe.send((item.first_line, item.byte_start, item.terminated))
        pipe.send_bytes(item.blob)
    else:
        pipe.send((item.source.name, [len(one) for one in item.contents], item.unended))
        pipe.send_bytes(b"".join(item.contents))


def _received(pipe: Connection) -> Slice | Records:
    first, second, ends = pipe.recv()
    content = pipe.recv_bytes()
    if not isinstance(first, str):
        return Slice(first, second, content, ends)
    starts = accumulate(second, initial=0)
    contents = [content[start : start + length] for start, length in zip(starts, second, strict=False)]
    return Records(named(first), contents, len(content), ends)


def _died() -> AssayError:
    return AssayError("A landing process died. What it had committed stays; land the same files again.")


def _failed(error: Exception) -> AssayError:
    if known := sentence_of(error):
        return AssayError(f"{known} What had been committed stays: land the same files again.")
    return AssayError(
        f"A landing process met what it did not expect ({type(error).__name__}). What had been"
        " committed stays: land the same files again. If this comes back, it is a fault of Assay's."
    )


def _serve(
    pipe: Connection,
    make_commit: MakeCommit,
    url: str,
    limits: Limits,
    turns: Turns,
) -> None:
    # Both reach a whole terminal or service, and whoever deals decides: its pipe ends us, or it kills.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # Batches are freed by count, nothing of them is cyclic: looking for cycles is time lost.
    gc.disable()
    commit = make_commit(url, limits)
    while True:
        try:
            number, file, origin = pipe.recv()
            item = _received(pipe)
        except EOFError:
            return
        try:
            answer: Counts | AssayError = commit(item, origin, turns.of(number, file))
        except AssayError as error:
            answer = error
        except Exception as error:  # its text may quote a line
            answer = _failed(error)
        del item  # the next slice comes while nothing of this one is left
        try:
            pipe.send(answer)
        except BrokenPipeError:
            return  # whoever asked is gone; what was committed stays
