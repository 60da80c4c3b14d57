"""Lands and refreshes what is received, in a process of its own: acknowledgements do not wait for it.

It ends with its standard input, also when who started it was killed: what waits is landed first, as far
as the time goes. The rest stays in the inbox for whoever lands next.
"""

import sys
import threading

from orchestration.errors import AssayError, sentence_of
from orchestration.landing import inbox
from orchestration.landing.lander import Lander
from orchestration.receiver.limits import ReceiverLimits
from orchestration.refresh.engine import Refreshed
from orchestration.refresh.watch import watch

_WAIT_S = 0.2
_LATER_S = 2.0


def land(stop: threading.Event, at_once: threading.Event) -> None:
    said: set[str] = set()
    with Lander() as lander:
        while not at_once.is_set():
            last = stop.is_set()  # what was acknowledged before that is in the inbox
            try:
                connection = lander.connection()
                connection.execute("listen landing_inbox")  # first: what commits from here on wakes us
                inbox.drain(lander, at_once.is_set)
                said.clear()
                if last:
                    return
                for _ in connection.notifies(timeout=_WAIT_S, stop_after=1):
                    break
            except Exception as error:  # whatever it is: what was acknowledged waits to be landed
                _say_once(error, said)
                if last:
                    return
                stop.wait(_LATER_S)


def keep_refreshing(stop: threading.Event) -> None:
    """Also after an error that a watch does not wait out."""
    said: set[str] = set()

    def heard(news: Refreshed | AssayError) -> None:
        if isinstance(news, AssayError):
            _write(str(news))  # a watch says each problem once itself
        else:
            said.clear()

    while not stop.is_set():
        try:
            watch(stop, heard)
        except Exception as error:
            _say_once(error, said)
            stop.wait(_LATER_S)


def _say_once(error: Exception, said: set[str]) -> None:
    """However often it is tried again. `said` is emptied when it goes well: the next time is told."""
    # Its own words only where they are ours: others may quote what was sent.
    sentence = sentence_of(error) or f"{type(error).__name__} while landing or refreshing."
    if sentence not in said:
        said.add(sentence)
        _write(sentence)


def _write(sentence: str) -> None:
    sys.stderr.write(f"assay: {sentence}\n")


def main() -> None:
    stop, at_once = threading.Event(), threading.Event()
    threads = [
        threading.Thread(target=land, args=(stop, at_once)),
        threading.Thread(target=keep_refreshing, args=(stop,)),
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
