"""Refreshes as soon as a batch is committed, until told to stop."""

import threading
from collections.abc import Callable

import psycopg

from orchestration.errors import AssayError
from orchestration.landing.retry import TRANSIENT, waits
from orchestration.refresh.engine import TARGET, Refreshed, refresh_once
from orchestration.warehouse.connection import NoConnectionError, connect

# A notification may be lost with the connection that waited for it; nothing may wait longer than this.
LOOK_EVERY_S = 10.0
# How often a quiet watch looks whether it was told to stop.
_WAIT_S = 0.5


def watch(
    stop: threading.Event,
    say: Callable[[Refreshed | AssayError], None],
    target: str = TARGET,
    url: str | None = None,
) -> None:
    """`say` hears of every refresh that found something, and of every problem once, until a refresh
    ends well again. A refusal lasts until somebody acts, so it is not asked for ten times a second."""
    said: set[str] = set()
    pauses = waits()

    def ended_well() -> None:
        nonlocal pauses
        said.clear()
        pauses = waits()

    while not stop.is_set():
        try:
            with connect(autocommit=True, application_name="assay watch", url=url) as connection:
                connection.execute("listen landing_batch")  # first: what commits from here on wakes us
                _serve(connection, stop, say, target, ended_well)
        except (AssayError, *TRANSIENT) as error:
            if str(error) not in said:
                said.add(str(error))
                say(error if isinstance(error, AssayError) else AssayError(_first_line(error)))
            is_refused = isinstance(error, AssayError) and not isinstance(error, NoConnectionError)
            stop.wait(LOOK_EVERY_S if is_refused else next(pauses, LOOK_EVERY_S))


def _serve(
    connection: psycopg.Connection,
    stop: threading.Event,
    say: Callable[[Refreshed | AssayError], None],
    target: str,
    ended_well: Callable[[], None],
) -> None:
    while not stop.is_set():
        done = refresh_once(connection, target)
        ended_well()
        if done.admitted or done.held:
            say(done)
        else:
            _wait_for_a_batch(connection, stop)


def _wait_for_a_batch(connection: psycopg.Connection, stop: threading.Event) -> None:
    waited = 0.0
    while waited < LOOK_EVERY_S and not stop.is_set():
        for _ in connection.notifies(timeout=_WAIT_S, stop_after=1):
            return
        waited += _WAIT_S


def _first_line(error: Exception) -> str:
    return f"Waiting for the database: {str(error).splitlines()[0]}"
