"""Dagster's own home, under ASSAY_HOME and without telemetry. Start the UI with

export DAGSTER_HOME="$(.venv/bin/python -m orchestration.defs.instance)"
.venv/bin/dagster dev -m orchestration.definitions
"""

from pathlib import Path

import click

from orchestration import settings

_CONFIGURATION = """\
# Without this, Dagster reports its use to its maker.
telemetry:
  enabled: false
"""


def prepare_home() -> Path:
    """The folder for DAGSTER_HOME; a configuration that stands there already is the user's."""
    home = settings.load().home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    if not configuration.exists():
        configuration.write_text(_CONFIGURATION)
    return home


if __name__ == "__main__":
    click.echo(prepare_home())
