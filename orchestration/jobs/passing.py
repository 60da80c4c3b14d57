"""Which errors may pass by themselves. Only those are worth another attempt."""

from collections.abc import Iterator, Sequence

import psycopg

from orchestration.warehouse.connection import NoConnectionError

# Rolled back by the server in favour of others; connection exceptions.
_CLASSES = ("40", "08")
# The server stops, crashed, or starts; somebody holds a lock; all connections are taken.
_STATES = ("57P01", "57P02", "57P03", "55P03", "53300")
# dbt hands on the server's words, not its states.
_WORDS = (
    "deadlock detected",
    "could not serialize access",
    "could not connect to server",
    "connection refused",
    "connection to server",
    "server closed the connection",
    "terminating connection",
    "the database system is",
    "lock timeout",
    "connection already closed",
)


def sqlstate_of(error: BaseException) -> str | None:
    """Of the database's error behind this one, if there is one."""
    for one in _chain(error):
        if isinstance(one, psycopg.Error) and one.sqlstate:
            return one.sqlstate
    return None


def is_from_outside(error: BaseException) -> bool:
    """Whether somebody interrupted this. What was at work then often fails for want of its connection,
    and that is all that is seen."""
    return any(not isinstance(one, Exception) for one in _chain(error))


def may_pass(error: BaseException) -> bool:
    state = sqlstate_of(error)
    if state is not None:
        return state.startswith(_CLASSES) or state in _STATES
    # A connection that broke has no state: nobody was left to say it.
    return any(isinstance(one, (NoConnectionError, psycopg.OperationalError)) for one in _chain(error))


def dbt_may_pass(messages: Sequence[str]) -> bool:
    """Whether everything that failed in a build may pass; a failed test never does."""
    return bool(messages) and all(
        any(words in message.lower() for words in _WORDS) for message in messages
    )


def reason_of(error: BaseException) -> str:
    """The kind of error. Its message may quote a row."""
    return next((type(one).__name__ for one in _chain(error) if isinstance(one, psycopg.Error)),
                type(error).__name__)  # fmt: skip


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
