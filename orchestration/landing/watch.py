"""Lands whatever appears in a folder or in the inbox, until told to stop."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from orchestration import crash
from orchestration.errors import AssayError
from orchestration.landing import inbox
from orchestration.landing.files import (
    LANDED,
    GrowingError,
    State,
    find,
    manifest_of,
    set_aside,
    state_of,
)
from orchestration.landing.lander import Lander
from orchestration.landing.retry import TRANSIENT
from orchestration.landing.store import Counts
from orchestration.warehouse.connection import NoConnectionError

LOOK_EVERY_S = 0.5


def stop_on_signals() -> threading.Event:
    """Set by SIGINT or SIGTERM: the batch at hand is finished, then the watch ends."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


@dataclass
class Watch:
    """`say` hears of every landed file ("inbox" for the inbox) and of every problem, once each."""

    lander: Lander
    folder: Path
    settle_s: float
    say: Callable[[str, Counts | AssayError], None]
    stop: threading.Event
    _at_rest_since: dict[Path, tuple[State, float]] = field(default_factory=dict)
    _said: set[tuple[Path, str]] = field(default_factory=set)
    # Landed, and nobody may move them; what has come in the place of one is another file.
    _stuck: dict[Path, State] = field(default_factory=dict)

    def run(self) -> None:
        # Listening first: what is inserted from here on wakes us.
        self.lander.connection().execute("listen landing_inbox")
        while not self.stop.is_set():
            try:
                self._look()
                self._wait()
            except TRANSIENT as error:
                # The files stay where they are until the database is back.
                self._say_once(self.folder, f"Waiting for the database: {error}")
                self.stop.wait(LOOK_EVERY_S)

    def _look(self) -> None:
        self._drain_inbox()
        for path in self._complete_files():
            if self.stop.is_set():
                return
            self._land(path)

    def _wait(self) -> None:
        connection = self.lander.connection()
        connection.execute("listen landing_inbox")  # again, if the connection is a new one
        for _ in connection.notifies(timeout=LOOK_EVERY_S, stop_after=1):
            return

    def _drain_inbox(self) -> None:
        try:
            counts = inbox.drain(self.lander, self.stop.is_set)
        except NoConnectionError:
            raise
        except AssayError as error:
            self._say_once(self.folder, str(error))
            return
        if counts.lines:
            self.say("inbox", counts)

    def _land(self, path: Path) -> None:
        try:
            state = state_of(path)
            counts = self.lander.land_file(path, 0.0)
        except GrowingError as error:
            # Without a manifest it moved after all, and the next look decides.
            if manifest_of(path).exists():
                self._say_once(path, str(error))
            return
        except (AssayError, OSError) as error:
            self._say_once(path, str(error))
            return
        crash.point("watch.file_landed")
        try:
            set_aside(path, state)
        except OSError as error:
            self._stuck[path] = state
            self._say_once(path, f"It has landed, and cannot be moved to {LANDED}: {error.strerror}.")
        self._at_rest_since.pop(path, None)
        self.say(str(path), counts)

    def _say_once(self, path: Path, problem: str) -> None:
        if (path, problem) not in self._said:
            self._said.add((path, problem))
            self.say(str(path), AssayError(problem))

    def _say_unseen(self, problem: OSError) -> None:
        path = Path(problem.filename)
        self._say_once(path, f"{path} could not be read: {problem.strerror}.")

    def _complete_files(self) -> list[Path]:
        """Files with a manifest, and files that have not changed for `settle_s` of our own clock."""
        now = time.monotonic()
        complete = []
        for path in find(self.folder, self._say_unseen):
            try:
                state = state_of(path)
            except FileNotFoundError:
                continue
            if self._stuck.get(path) == state:
                continue
            known = self._at_rest_since.get(path)
            if known is None or known[0] != state:
                self._at_rest_since[path] = (state, now)
            elif now - known[1] >= self.settle_s:
                complete.append(path)
            if manifest_of(path).exists() and path not in complete:
                complete.append(path)
        return complete
