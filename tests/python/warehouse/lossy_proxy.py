"""A wire to the database that can lose what matters most: the answer to a COMMIT, or its sender."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_COMMIT = b"COMMIT\0"


class LossyProxy:
    """Carries bytes both ways. As many COMMITs as `lose_answers` are carried out unheard of.
    With `in_flight` the sender hears that the line is dead before the COMMIT has arrived."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        own = f"{parts.netloc.rpartition(':')[0]}:{self._listener.getsockname()[1]}"
        self.url = parts._replace(netloc=own).geturl()
        self.lose_answers = 0
        self.in_flight = False
        self.arrive = threading.Event()
        self.lost = 0
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def _start(self, target: object, *given: object) -> None:
        thread = threading.Thread(target=target, args=given, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._start(self._to_server, client, server)
                self._start(self._to_client, server, client)

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(1 << 16):
                if _COMMIT in data and self.lost < self.lose_answers:
                    self._lose(client, server, data)
                    return
                server.sendall(data)
        _end(server)

    def _lose(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        self.lost += 1
        _end(client)  # from here on no answer gets through
        if self.in_flight:
            self.arrive.wait(60)
        server.sendall(data)
        server.settimeout(60)
        with suppress(OSError):
            # `_to_client` may take the answer before us; then it has nobody to give it to.
            server.recv(1 << 16)
        _end(server)

    def _to_client(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 16):
                client.sendall(data)
        _end(client)

    def close(self) -> None:
        self.arrive.set()
        _end(self._listener)
        self._listener.close()


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


@contextmanager
def lossy(url: str) -> Iterator[LossyProxy]:
    proxy = LossyProxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
