"""Translation of large logs on more than one core: processes get records, and give lines in order."""

import gc
import multiprocessing as mp
from collections import deque
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection

from orchestration.errors import AssayError
from orchestration.landing.limits import Limits

# Beside the landers' processes, which need the other half of a small machine.
TRANSLATORS = 2
Lines = list[bytes | None]


class Translators:
    """Each has one piece of work at most, so that neither side ever waits for the other to read."""

    def __init__(self, limits: Limits) -> None:
        context = mp.get_context("forkserver")
        self.idle: deque[Connection] = deque()
        self.processes = []
        for _ in range(TRANSLATORS):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, limits), daemon=True)
            process.start()
            theirs.close()
            self.idle.append(ours)
            self.processes.append(process)

    def translate(self, source: str, groups: Iterable[list[bytes]]) -> Iterator[Lines]:
        busy: deque[Connection] = deque()
        for records in groups:
            if not self.idle:
                yield self._finished(busy.popleft())
            pipe = self.idle.popleft()
            pipe.send((source, records))
            busy.append(pipe)
        while busy:
            yield self._finished(busy.popleft())

    def _finished(self, pipe: Connection) -> Lines:
        try:
            lines: Lines = pipe.recv()
        except EOFError:
            raise AssayError("A process that translates a log died. Land the file again.") from None
        self.idle.append(pipe)
        return lines

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.join()


def _serve(pipe: Connection, limits: Limits) -> None:
    from orchestration.sources.registry import FOUND

    sources = {source.name: source for source in FOUND}
    gc.freeze()
    while True:
        try:
            name, records = pipe.recv()
        except (EOFError, KeyboardInterrupt):  # whoever wanted them is gone
            return
        pipe.send([sources[name].translate(record, limits) for record in records])
