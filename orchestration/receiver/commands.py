"""`assay receive`."""

import errno
import ipaddress
import logging
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

import click

from orchestration.errors import AssayError

_GRACE_S = 30
_ANYWHERE = "0.0.0.0"  # noqa: S104


@click.command()
@click.option(
    "--port",
    default=4318,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Where exporters send to.",
)
@click.option("--host", help="The address to listen on: 127.0.0.1, or every one with --allow-remote.")
@click.option(
    "--allow-remote",
    is_flag=True,
    help="Listen to other machines too. Nobody is asked who they are: put a proxy before it.",
)
@click.option("--no-land", is_flag=True,
              help="Only fill the inbox; `assay ui` or `assay land --watch` lands it.")  # fmt: skip
def receive(port: int, host: str | None, allow_remote: bool, no_land: bool) -> None:
    """Take OTLP over HTTP (POST /v1/traces), land it, refresh; until Ctrl-C.

    Point an exporter at it: OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318. A request is
    acknowledged when it is committed. GET /healthz tells how it goes.
    """
    import uvicorn

    from orchestration.receiver.app import LOOPBACK, Receiver, application
    from orchestration.receiver.committer import Committer
    from orchestration.receiver.limits import ReceiverLimits
    from orchestration.warehouse.build import require_tables
    from orchestration.warehouse.connection import database_url

    require_tables(database_url())  # a database that is not there, or not ours, is said at once
    host = host or (_ANYWHERE if allow_remote else "127.0.0.1")
    listening = _listening(host, port, allow_remote)
    limits = ReceiverLimits()
    receiver = Receiver(Committer(limits), limits)
    # Errors of a server may quote what they were given.
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL + 1)
    config = uvicorn.Config(
        application(receiver, ("*",) if allow_remote else (*LOOPBACK, host)),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = uvicorn.Server(config)
    # Its own way is to raise the signal again when all is done: then we would end as if killed.
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
    with _stopping(server.handle_exit), _landing(not no_land, limits.last_s + _GRACE_S) as lands:
        receiver.lands = lands
        click.echo(f"Receiving on http://{host}:{listening.getsockname()[1]}/v1/traces", err=True)
        server.run(sockets=[listening])


def _listening(host: str, port: int, allow_remote: bool) -> socket.socket:
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise AssayError(f"There is no address {host}.") from None
    family, where = address[0], address[4]
    if not allow_remote and not ipaddress.ip_address(where[0]).is_loopback:
        raise AssayError(
            f"{host} can be reached from other machines, and whoever reaches it can write logs:"
            " say --allow-remote if that is meant."
        )
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(where)
    except OSError as problem:
        listening.close()
        if problem.errno == errno.EADDRINUSE:
            sentence = f"Another program listens on {host}:{port}: choose another --port."
        else:  # not an address of this machine, or a port below 1024 without the right to it
            sentence = f"It cannot listen on {host}:{port}: {problem.strerror}."
        raise AssayError(sentence) from None
    listening.listen(1024)
    return listening


@contextmanager
def _stopping(stop: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    yield


@contextmanager
def _landing(wanted: bool, most_s: int) -> Iterator[Callable[[], bool] | None]:
    if not wanted:
        yield None
        return
    command = [sys.executable, "-m", "orchestration.receiver.landing"]
    # Ctrl-C is for us: the last that was acknowledged is landed before the end.
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)
    )
    try:
        yield lambda: process.poll() is None
    finally:
        try:
            process.communicate(timeout=most_s)
        except subprocess.TimeoutExpired:
            process.kill()  # what it was at rolls back, and what waits stays in the inbox
            process.wait()
