"""Lands and refreshes what is received, in a process of its own: acknowledgements do not wait for it.

It ends with its standard input, also when who started it was killed: what waits is landed first, as far
as the time goes. The rest stays in the inbox for whoever lands next.
"""

import sys
import threading

from orchestration.errors import AssayError
from orchestration.landing import inbox
from orchestration.landing.lander import Lander
from orchestration.landing.retry import TRANSIENT
from orchestration.receiver.limits import ReceiverLimits
from orchestration.refresh.engine import Refreshed
from orchestration.refresh.watch import watch

_WAIT_S = 0.2
_LATER_S = 2.0


def land(stop: threading.Event, at_once: threading.Event) -> None:
    with Lander() as lander:
        while not at_once.is_set():
            last = stop.is_set()  # what was acknowledged before that is in the inbox
            try:
                connection = lander.connection()
                connection.execute("listen landing_inbox")  # first: what commits from here on wakes us
                inbox.drain(lander, at_once.is_set)
                if last:
                    return
                for _ in connection.notifies(timeout=_WAIT_S, stop_after=1):
                    break
            except (AssayError, *TRANSIENT) as error:
                _say(error)
                if last:
                    return
                stop.wait(_LATER_S)


def _say(news: object) -> None:
    if isinstance(news, AssayError):
        sys.stderr.write(f"assay: {news}\n")


def _refreshed(news: Refreshed | AssayError) -> None:
    if isinstance(news, AssayError):
        _say(news)


def main() -> None:
    stop, at_once = threading.Event(), threading.Event()
    threads = [
        threading.Thread(target=land, args=(stop, at_once)),
        threading.Thread(target=watch, args=(stop, _refreshed)),
    ]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    threads[0].join(ReceiverLimits().last_s)
    at_once.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
