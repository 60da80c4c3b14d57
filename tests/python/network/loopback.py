"""Python that may talk to this machine only: the tests, and through sitecustomize.py what they start.

Libraries that open their sockets in C are heard by `alone.py`.
"""

import os
import sys
from pathlib import Path
from typing import Any

# Where it is written down, since whoever dials may swallow the error.
HEARD = "ASSAY_TESTS_HEARD"
_HERE = ("127.", "::1", "localhost", "0.0.0.0", "::ffff:127.")  # noqa: S104


class LeavesError(OSError):
    """A test, or something that it started, wanted to talk to another machine."""


def _listen(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) and address else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    # Paths of sockets and numbers of other families are no names.
    if isinstance(host, str) and host and not host.startswith(_HERE):
        if (heard := os.environ.get(HEARD)) is not None:
            with Path(heard).open("a") as file:
                file.write(f"{host}\n")
        raise LeavesError(f"Tests stay on this machine: {host} is another.")


def stay_here() -> None:
    sys.addaudithook(_listen)
