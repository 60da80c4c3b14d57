"""`make demo`: from nothing to a warehouse one can look at; running it again changes nothing."""

import contextlib
import datetime as dt
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from orchestration import settings
from orchestration.cli import assay
from orchestration.errors import AssayError
from orchestration.simulator.commands import DEFAULT_START_MS
from orchestration.simulator.writer import PRICES_NAME
from orchestration.warehouse.commands import how_to_connect, status_facts
from orchestration.warehouse.connection import connect

BUSIEST = "warmhaus"  # of the made-up workspaces

OVERVIEW = """
    select day, workspace, queries, round(success_rate::numeric, 4) as success_rate,
        round(latency_p95_ms::numeric) as latency_p95_ms, round(cost_usd, 2) as cost_usd,
        success_target, latency_target, cost_target
    from marts.performance_overview
    where is_complete
    order by day desc, queries desc
    limit 8"""

MARTS = """
    select relname as mart, split_part(obj_description(oid, 'pg_class'), '. ', 1) as "what it holds"
    from pg_class where relnamespace = 'marts'::regnamespace and relkind = 'v' order by relname"""


@click.command()
@click.option("--days", default=30, show_default=True, help="How much is simulated.")
@click.option("--queries-per-day", default=400, show_default=True)
def run(days: int, queries_per_day: int) -> None:
    """From nothing to a warehouse one can look at."""
    console = Console(highlight=False)
    home = settings.load().home
    logs = home / "demo" / "logs"
    step(console, "Starting PostgreSQL", "up")
    arguments = ("--days", str(days), "--queries-per-day", str(queries_per_day), "--out", str(logs))
    step(console, f"Simulating {days} days of an assistant product", "simulate", *arguments)
    step(console, "Landing the logs", "land", str(logs), "--json")
    step(console, "Building and testing the models", "build")
    step(console, "Adding what its models cost", "prices", "add", str(logs / PRICES_NAME))
    step(console, "Scoring the answers", "score")
    page = home / "demo" / "executive.html"
    step(console, "Writing a report for the board", *_report(days), "--out", str(page))
    console.rule("What is there")
    click.echo(accounting(logs))
    click.echo("The first mart, its last complete days (targets: met, missed or not judged):\n")
    assay.main(["sql", OVERVIEW], standalone_mode=False)
    click.echo("\nAll marts, each column documented (\\d+ in psql, descriptions in a BI tool):\n")
    assay.main(["sql", MARTS], standalone_mode=False)
    click.echo(how_to_look(page))


def _report(days: int) -> list[str]:
    """The second half of the days, so that there is a first half to compare with."""
    first = dt.datetime.fromtimestamp(DEFAULT_START_MS / 1000, dt.UTC) + dt.timedelta(days=days // 2)
    period = ["--from", f"{first:%Y-%m-%d}", "--format", "html"]
    return ["report", "executive", "--workspace", BUSIEST, *period]


def step(console: Console, what: str, *arguments: str) -> None:
    """One command of the CLI, told in a line; its own output is for those who run it themselves."""
    console.print(f"[bold]{what}[/bold]  [dim]assay {' '.join(arguments)}[/dim]")
    started = time.monotonic()
    quietly(lambda: assay.main(list(arguments), standalone_mode=False))
    console.print(f"  done in {time.monotonic() - started:.1f} s")


def quietly(command: Callable[[], Any]) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        command()


def accounting(logs: Path) -> str:
    truth = json.loads((logs / "truth.json").read_text())["totals"]
    with connect() as connection:
        row = connection.execute(
            """select coalesce(sum(accepted) filter (where starts_with(file, %s)), 0),
                   coalesce(sum(accepted), 0),
                   (select count(*) from landing.conflict),
                   (select count(*) from landing.quarantine)
               from landing.batch""",
            (str(logs),),
        ).fetchone()
    simulated, accepted, conflicts, quarantined = row or (0, 0, 0, 0)
    return (
        f"{simulated:,} rows landed ({truth['accepted']:,} were promised), {conflicts:,} conflicts kept"
        f" beside them, {quarantined:,} broken lines in quarantine: no line is lost."
        f" Scores and prices are {accepted - simulated:,} rows more.\n"
    )


def how_to_look(page: Path) -> str:
    connect_with = "\n  ".join(how_to_connect(status_facts())) or 'psql "$ASSAY_DATABASE_URL"'
    return f"""
Look further:
  {page}
      what a board would be sent: open it in a browser; `assay report executive --help`
  .venv/bin/assay sql "select * from marts.performance_overview limit 5"
  .venv/bin/assay sql "select * from marts.user_engagement where is_complete order by day desc limit 5"
  .venv/bin/assay sql "select * from marts.regression_alerts order by detected_at desc limit 5"
  .venv/bin/assay sql "select * from marts.answer_quality order by answers desc limit 5"
  .venv/bin/assay refresh                  takes in what you land from now on; `watch` does it by itself
  .venv/bin/assay quarantine list          what was refused, where and why
  .venv/bin/assay ui                       from file to mart in the Dagster UI, with its schedules
  .venv/bin/assay status                   what runs and what has landed; psql and BI tools:
  {connect_with}
  make help                                everything else; stop with .venv/bin/assay down
"""


if __name__ == "__main__":
    try:
        run()
    except AssayError as error:
        click.echo(f"assay: {error}", err=True)
        raise SystemExit(1) from None
