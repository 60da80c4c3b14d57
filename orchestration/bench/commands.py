"""`assay bench`: measurements that print ratios, since machines differ and are shared."""

import json
import shutil
from pathlib import Path
from typing import Any

import click

from orchestration import settings


@click.group()
def bench() -> None:
    """Measure on this machine, and print ratios."""


@bench.command("landing")
@click.option("--days", default=10, show_default=True, help="Days of simulated logs.")
@click.option("--queries-per-day", default=4000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def bench_landing(days: int, queries_per_day: int, seed: int, as_json: bool) -> None:
    """Landing with everything on, against a bare COPY of the same typed rows."""
    from orchestration.bench.landing import bench_landing as measure

    folder = simulated(days, queries_per_day, seed)
    try:
        show(measure(folder), as_json)
    finally:
        shutil.rmtree(folder)


@bench.command("refresh")
@click.option("--rows", default="1e6", show_default=True, help="Queries in the history.")
@click.option("--rounds", default=20, show_default=True, help="Refreshes to measure.")
@click.option("--json", "as_json", is_flag=True)
def bench_refresh(rows: str, rounds: int, as_json: bool) -> None:
    """Refreshing every mart after 4,000 new queries, against rebuilding them."""
    from orchestration.bench.refresh import bench_refresh as measure

    show(measure(int(float(rows)), rounds, lambda text: click.echo(text, err=True)), as_json)


def simulated(days: int, queries_per_day: int, seed: int) -> Path:
    """A folder of simulated logs below ASSAY_HOME."""
    from orchestration.simulator.commands import DEFAULT_START_MS
    from orchestration.simulator.writer import Order, simulate_days

    folder = settings.load().home / "bench" / f"{days}-{queries_per_day}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    for _ in simulate_days(Order(days, queries_per_day, seed, DEFAULT_START_MS, folder)):
        pass
    return folder


def show(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, figure in figures.items():
        click.echo(f"{name:24} {figure}")
