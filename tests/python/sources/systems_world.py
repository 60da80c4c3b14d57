"""Other systems, in the environment of their own that `make sources` installs."""

import os
import subprocess
from pathlib import Path

from orchestration.settings import PROJECT_DIR

HERE = Path(__file__).parent
PYTHON = PROJECT_DIR / ".venv" / "systems" / "bin" / "python"


def run(script: str, *arguments: str, **environment: str) -> None:
    """A script that lies here, to its end."""
    done = subprocess.run(
        [PYTHON, HERE / script, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
