"""Ends Dagster's processes when `assay ui` is gone, however it went.

A process of its own, told process groups by a pipe: `4711` is one to end, `-4711` one that has ended.
Only `assay ui` holds the other end, so the kernel closes it with that process, also after kill -9.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress


class Guard:
    def __init__(self) -> None:
        reads, writes = os.pipe()
        # Without our packages and settings: it has to be there at once, and to stay small.
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=reads,
            # Ctrl-C is for `assay ui`.
            start_new_session=True,
        )
        os.close(reads)
        self._pipe = writes

    def lives(self) -> bool:
        return self.process.poll() is None

    def watch(self, group: int) -> None:
        self._tell(f"{group}\n")

    def forget(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def end(self) -> None:
        """And with it whatever it watches."""
        os.close(self._pipe)
        self.process.wait()

    def _tell(self, line: str) -> None:
        with suppress(BrokenPipeError):  # whoever asks whether it lives starts another
            os.write(self._pipe, line.encode())


def main(told: Iterable[str]) -> None:
    groups: set[int] = set()
    for number in map(int, told):
        if number > 0:
            groups.add(number)
        else:
            groups.discard(-number)
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.stdin)
