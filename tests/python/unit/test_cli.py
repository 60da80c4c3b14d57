"""The command line as a whole."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from orchestration.cli import COMMANDS, assay


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_explains_itself(name: str) -> None:
    """A command that is listed but cannot be imported shows only when somebody needs it."""
    outcome = CliRunner().invoke(assay, [name, "--help"])
    assert outcome.exit_code == 0, outcome.output
    assert len(outcome.output.splitlines()) > 4


def test_help_waits_for_nothing_heavy() -> None:
    """Importing dbt or Dagster for a line of help takes seconds."""
    program = (
        "import sys; from orchestration.cli import assay\n"
        "try: assay.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'dbt', 'dagster', 'numpy', 'psycopg', 'rich'} & set(sys.modules)))"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert outcome.stdout.splitlines()[-1] == b"[]"
