"""`assay report` and `assay export`."""

import datetime as dt
import sys
from contextlib import closing
from pathlib import Path

import click

from orchestration.errors import AssayError

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def report() -> None:
    """Reports over the marts."""


@report.command()
@click.option("--workspace", required=True, help="Whose.")
@click.option(
    "--from", "first", type=_DAY, help="First local day; four weeks before the last where left out."
)
@click.option("--to", "last", type=_DAY, help="Last local day; the last complete one where left out.")
@click.option(
    "--format", "form", type=click.Choice(["md", "json", "html"]), default="md", show_default=True
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here, not to the terminal."
)
def executive(
    workspace: str, first: dt.datetime | None, last: dt.datetime | None, form: str, out: Path | None
) -> None:
    """What a board asks: figures against targets and the period before, cost, savings, findings.

    Every number is read from a mart, and read again before the report leaves; one that differs, or a
    number that no mart holds, and there is no report.
    """
    from orchestration.reports.files import replaced
    from orchestration.reports.write import executive as write

    text = write(workspace, first and first.date(), last and last.date(), form)
    if out is None:
        click.echo(text, nl=False)
        return
    with replaced(out) as beside:
        beside.write_text(text, encoding="utf-8")
    click.echo(f"{out} is written.", err=True)


@click.command()
@click.argument("mart", required=False)
@click.option(
    "--format", "form", type=click.Choice(["csv", "json", "parquet"]), default="csv", show_default=True
)
@click.option("--workspace", help="Only its rows.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here, not to the terminal."
)
@click.option("--list", "only_list", is_flag=True, help="Name the marts.")
def export(
    mart: str | None, form: str, workspace: str | None, out: Path | None, only_list: bool
) -> None:
    """A MART as a file. Text that a spreadsheet would take for a formula gets an apostrophe in CSV."""
    from orchestration.reports import export as exports
    from orchestration.reports.files import replaced
    from orchestration.warehouse.connection import connect

    with closing(connect(application_name="assay export")) as session:
        if only_list or mart is None:
            if mart is None and not only_list:
                raise click.UsageError("Name a mart; --list shows which there are.")
            click.echo("\n".join(exports.marts(session)))
            return
        text = exports.statement(session, mart, workspace)
    if form == "parquet":
        if out is None:
            raise AssayError("Parquet is no text: say where with --out.")
        rows = exports.write_parquet(text, out)
        click.echo(f"{rows:,} rows in {out}.", err=True)
    elif out is None:
        exports.write_text(text, form, sys.stdout)
    else:
        with replaced(out) as beside, beside.open("w", encoding="utf-8", newline="") as file:
            exports.write_text(text, form, file)
