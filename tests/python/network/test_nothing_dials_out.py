"""Nothing here talks to another machine (acceptance 27); and a test of that which can fail."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import alone
import loopback
import pytest

from orchestration.settings import PROJECT_DIR

# Addresses that belong to nobody.
TCP = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
SIX = "import socket; socket.create_connection(('2001:db8::1', 80), 1)"
UDP = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 53))"
NAME = "import socket; socket.getaddrinfo('example.org', 80)"
HERE = """
import socket
listens = socket.create_server(("127.0.0.1", 0))
socket.create_connection(listens.getsockname())
"""


def _quietly(code: str) -> str:
    """As telemetry does it."""
    return f"try:\n    exec({code!r})\nexcept OSError:\n    pass"


def _alone(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # Without our own guard: what is tried must be tried.
    given = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        alone.command(*words), capture_output=True, text=True, cwd=PROJECT_DIR, env=given | environment
    )


needs_unshare = pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run(alone.command("true"), capture_output=True).returncode != 0,
    reason="this system lets nobody make a network of their own",
)


@needs_unshare
@pytest.mark.parametrize("code", [TCP, SIX, UDP, NAME])
def test_whoever_wants_to_leave_is_heard(code: str) -> None:
    """Prevents a proof that is green whatever is dialled."""
    assert _alone(sys.executable, "-c", _quietly(code)).returncode == alone.LEFT


@needs_unshare
def test_whoever_stays_is_left_alone() -> None:
    """Prevents a proof that is red whatever is done."""
    assert _alone(sys.executable, "-c", HERE).returncode == 0
    assert _alone(sys.executable, "-c", "raise SystemExit(3)").returncode == 3


@pytest.mark.parametrize("code", [TCP, SIX, UDP, NAME])
def test_a_test_that_dials_out_fails(
    code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Prevents tests that only pass where there is a network, and code that uses it unseen."""
    monkeypatch.setenv(loopback.HEARD, str(tmp_path / "heard"))
    with pytest.raises(loopback.LeavesError):
        exec(code)  # noqa: S102
    subprocess.run([sys.executable, "-c", _quietly(code)], check=True)
    assert len((tmp_path / "heard").read_text().splitlines()) == 2


def test_a_test_may_talk_to_this_machine() -> None:
    """Prevents a guard that is in the way of the database."""
    with socket.create_server(("127.0.0.1", 0)) as listens:
        socket.create_connection(listens.getsockname()).close()


@needs_unshare
@pytest.mark.long
def test_the_demo_and_scoring_stay_on_this_machine(tmp_path: Path) -> None:
    """Prevents telemetry, downloads of weights or packages, and a first page that calls home."""
    tmp_path.chmod(0o755)
    assay = f"{sys.executable} -m orchestration.cli"
    steps = (
        f"{sys.executable} -m orchestration.demo --days 2 --queries-per-day 100",
        f"{assay} score",
        f"{assay} jobs run check",
        f"{assay} down",
    )
    ran = _alone("sh", "-ec", "\n".join(steps), ASSAY_HOME=str(tmp_path))
    assert ran.returncode == 0, ran.stderr


@needs_unshare
@pytest.mark.long
def test_the_ui_and_its_runs_stay_on_this_machine() -> None:
    """Prevents Dagster from reporting what is done with it; its processes speak C."""
    ran = _alone(sys.executable, "-m", "pytest", "tests/python/orchestration/test_ui.py")
    assert ran.returncode == 0, ran.stdout
