"""The `assay` command. Subcommands load only when they run: `assay --help` must not wait for dbt."""

import importlib
import sys
from io import TextIOWrapper
from keyword import iskeyword
from typing import Any

import click

from orchestration.errors import sentence_of

# name -> (module that holds a click command of that name, line for --help)
COMMANDS = {
    "up": ("orchestration.warehouse.commands", "Start the embedded PostgreSQL."),
    "down": ("orchestration.warehouse.commands", "Stop the embedded PostgreSQL."),
    "status": ("orchestration.warehouse.commands", "What runs, where, and what has landed."),
    "sql": ("orchestration.warehouse.commands", "Run a query; table, --csv or --json."),
    "simulate": (
        "orchestration.simulator.commands",
        "Write the logs of a made-up assistant product.",
    ),
    "land": ("orchestration.landing.commands", "Land files, folders, stdin or the inbox."),
    "import": ("orchestration.sources.commands", "Land other systems' logs, or any table by a map."),
    "receive": ("orchestration.receiver.commands", "Take OTLP over HTTP, land it, refresh."),
    "doctor": (
        "orchestration.sources.doctor_command",
        "Which marts your logs can fill, and what to log.",
    ),
    "quarantine": ("orchestration.landing.commands", "List refused lines, show one as it came."),
    "drift": ("orchestration.landing.commands", "Fields that no column takes, by source, since when."),
    "replay": ("orchestration.landing.commands", "Land quarantined lines again after a fix."),
    "refresh": ("orchestration.refresh.commands", "Bring the marts up to date with what landed."),
    "watch": ("orchestration.refresh.commands", "Refresh whenever something lands."),
    "held": ("orchestration.refresh.commands", "List batches that a check refused, release them."),
    "build": ("orchestration.warehouse.build", "Build and test the dbt models."),
    "score": ("orchestration.scoring.commands", "Score what has landed and was not scored."),
    "evaluate": ("orchestration.scoring.commands", "How right the scorers are, on real samples."),
    "similar": (
        "orchestration.scoring.questions.commands",
        "Past queries like a text, and how they ended.",
    ),
    "gaps": ("orchestration.scoring.questions.commands", "What the knowledge base has no answer to."),
    "prices": ("orchestration.prices.commands", "What models cost, since when, and who says so."),
    "report": ("orchestration.reports.commands", "A report for people, every number out of a mart."),
    "export": ("orchestration.reports.commands", "A mart as CSV, JSON or Parquet."),
    "jobs": ("orchestration.jobs.commands", "What ran and what was given up; run or replay it."),
    "ui": ("orchestration.ui.commands", "The Dagster UI over the warehouse, with its daemon."),
    "bench": ("orchestration.bench.commands", "Measure, and print ratios."),
}


class LazyGroup(click.Group):
    """Imports a command's module when the command is used, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in COMMANDS:
            return None
        function = f"{name}_" if iskeyword(name) else name
        command: click.Command = getattr(importlib.import_module(COMMANDS[name][0]), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="assay")
def assay() -> None:
    """The analytics warehouse for AI assistants."""


def main(argv: list[str] | None = None) -> Any:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may lack a sign that we print
    try:
        return assay.main(args=argv, standalone_mode=True)
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        click.echo(f"assay: {sentence}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
