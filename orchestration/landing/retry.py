"""Which database errors pass by themselves, and how long to wait for that."""

import random
import time
from collections.abc import Iterator

import psycopg
from psycopg import errors

from orchestration.warehouse.connection import NoConnectionError

ATTEMPTS = 7
_FIRST_WAIT_S = 0.1

# Connection losses, deadlocks, serialisation failures. Wrong SQL or data never passes by itself.
TRANSIENT = (
    NoConnectionError,
    psycopg.OperationalError,
    errors.DeadlockDetected,
    errors.SerializationFailure,
)
# These are operational to the driver, and stay as they are however often one tries.
LASTING = (
    errors.DiskFull,
    errors.OutOfMemory,
    errors.ConfigurationLimitExceeded,
    errors.ProgramLimitExceeded,
)


def waits() -> Iterator[float]:
    """Seconds before each further attempt: doubling, with jitter so that many do not come at once."""
    for attempt in range(ATTEMPTS - 1):
        yield _FIRST_WAIT_S * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311


def pause(seconds: float) -> None:
    time.sleep(seconds)
