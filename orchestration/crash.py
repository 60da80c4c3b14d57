"""Named points at which a test ends the process: whoever comes next must find nothing half done.

    ASSAY_CRASH_AT=landing.keys_admitted assay land logs.jsonl

Without the variable a point does nothing. What the database does between two statements of its own
needs no names: tests end it after every one (`tests/python/warehouse/crashing.py`).
"""

import os
import signal

VARIABLE = "ASSAY_CRASH_AT"


def point(name: str) -> None:
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
