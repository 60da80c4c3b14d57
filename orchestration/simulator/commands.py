"""`assay simulate`: the logs of a made-up assistant product, with the truth beside them."""

import datetime as dt
import json
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from orchestration.errors import AssayError
from orchestration.simulator.writer import TRUTH_NAME, Order, Written, simulate_days

# Fixed, so that the same seed gives the same bytes on every day; a Monday.
DEFAULT_START = "2026-01-05"
DEFAULT_START_MS = int(dt.datetime.fromisoformat(f"{DEFAULT_START}T00:00:00Z").timestamp()) * 1_000
_EARLIEST = dt.datetime(2015, 1, 2, tzinfo=dt.UTC)


@click.command()
@click.option("--days", type=click.IntRange(1, 3_660), default=30, show_default=True)
@click.option("--queries-per-day", type=click.IntRange(1), default=2_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    default=DEFAULT_START,
    show_default=True,
    help="First day (UTC).",
)
@click.option("--gzip", "packed", is_flag=True, help="Write .jsonl.gz.")
@click.option("--clean", is_flag=True, help="No late, repeated, changed or broken lines.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def simulate(
    days: int,
    queries_per_day: int,
    seed: int,
    out: Path,
    start: dt.datetime,
    packed: bool,
    clean: bool,
    as_json: bool,
) -> None:
    """Write the logs of a made-up assistant product, one file a day, truth.json and prices.csv.

    The same options give the same bytes. truth.json holds what the logs do not say: planted
    events, true totals a day, and what landing must report for each file. prices.csv is what the
    models cost: `assay prices add`.
    """
    first = start.replace(tzinfo=dt.UTC)
    _check_window(first, days)
    order = Order(
        days, queries_per_day, seed, int(first.timestamp()) * 1_000, out, gzip=packed, clean=clean
    )
    began = time.monotonic()
    written = _run(order)
    _report(written, time.monotonic() - began, out / TRUTH_NAME, as_json=as_json)


def _check_window(first: dt.datetime, days: int) -> None:
    """Lines outside of the landing window would all be refused."""
    last = first + dt.timedelta(days=days)
    if first < _EARLIEST:
        raise AssayError("--start lies before 2015-01-02, and landing refuses lines that old.")
    if last > dt.datetime.now(dt.UTC) + dt.timedelta(hours=20):
        raise AssayError(
            f"The run would end on {last:%Y-%m-%d}, in the future, and landing refuses such lines; "
            "choose an earlier --start or fewer --days."
        )


def _run(order: Order) -> Written:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    written = Written(0, 0, 0)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("days", total=order.days)
        for written in simulate_days(order):
            progress.update(task, completed=written.files)
    return written


def _report(written: Written, seconds: float, truth: Path, *, as_json: bool) -> None:
    rate = round(written.lines / max(seconds, 1e-9))
    result: dict[str, Any] = {
        "files": written.files,
        "lines": written.lines,
        "queries": written.queries,
        "seconds": round(seconds, 3),
        "lines_per_second": rate,
        "truth": str(truth),
    }
    if as_json:
        click.echo(json.dumps(result))
        return
    click.echo(
        f"{written.files} files, {written.lines:,} lines, {written.queries:,} queries "
        f"in {seconds:.1f} s ({rate:,} lines a second). Truth: {truth}"
    )
