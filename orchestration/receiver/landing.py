"""Lands and refreshes what is received, in a process of its own: acknowledgements do not wait for it.

It ends with its standard input: also when who started it was killed.
"""

import sys
import threading

from orchestration.errors import AssayError
from orchestration.landing import inbox
from orchestration.landing.lander import Lander
from orchestration.landing.retry import TRANSIENT
from orchestration.refresh.engine import Refreshed
from orchestration.refresh.watch import watch

_WAIT_S = 0.2
_LATER_S = 2.0


def land(stop: threading.Event) -> None:
    with Lander() as lander:
        while not stop.is_set():
            try:
                connection = lander.connection()
                connection.execute("listen landing_inbox")  # first: what commits from here on wakes us
                while inbox.drain(lander).lines and not stop.is_set():
                    pass
                for _ in connection.notifies(timeout=_WAIT_S, stop_after=1):
                    break
            except (AssayError, *TRANSIENT) as error:
                _say(error)
                stop.wait(_LATER_S)


def _say(news: object) -> None:
    if isinstance(news, AssayError):
        sys.stderr.write(f"assay: {news}\n")


def _refreshed(news: Refreshed | AssayError) -> None:
    if isinstance(news, AssayError):
        _say(news)


def main() -> None:
    stop = threading.Event()
    threads = [
        threading.Thread(target=land, args=(stop,)),
        threading.Thread(target=watch, args=(stop, _refreshed)),
    ]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
