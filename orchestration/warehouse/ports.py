"""The port of the embedded PostgreSQL: the one asked for, else the one it had, else a free one."""

import socket
from collections.abc import Iterator
from pathlib import Path

from orchestration.errors import AssayError

HOST = "127.0.0.1"
PREFERRED_PORTS = range(5460, 5560)


class Ports:
    def __init__(self, file: Path, requested: int | None) -> None:
        self.requested = requested
        self._file = file

    def candidates(self) -> Iterator[int]:
        fixed = self.fixed()
        if fixed is None:
            yield from filter(_is_free, PREFERRED_PORTS)
            yield _any_free_port()
        elif _is_free(fixed):
            yield fixed
        elif self.requested:
            raise AssayError(
                f"Another program already listens on port {fixed}: choose another ASSAY_PORT."
            )
        else:
            raise AssayError(
                f"Another program now listens on port {fixed}, where this PostgreSQL listened "
                "before: stop that program, or set ASSAY_PORT to move PostgreSQL."
            )

    def fixed(self) -> int | None:
        return self.requested or self.kept()

    def kept(self) -> int | None:
        try:
            return int(self._file.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def keep(self, port: int) -> None:
        self._file.write_text(f"{port}\n")


def _is_free(port: int) -> bool:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((HOST, port))
        except OSError:
            return False
    return True


def _any_free_port() -> int:
    with socket.socket() as attempt:
        attempt.bind((HOST, 0))
        port: int = attempt.getsockname()[1]
    return port
