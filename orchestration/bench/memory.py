"""How much memory this process held, from a moment on."""

import resource
import sys
from contextlib import suppress
from pathlib import Path

_RESET_PEAK = "5"


def forget_peak() -> None:
    """What came before counts no longer, but for what is still held; on Linux alone."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text(_RESET_PEAK)


def peak_mib() -> int:
    """The most since then; where the system cannot forget, the most that this process ever held."""
    try:
        told = Path("/proc/self/status").read_text()
        return round(int(told.partition("VmHWM:")[2].split()[0]) / 1024)
    except (OSError, IndexError):
        unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
        return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
