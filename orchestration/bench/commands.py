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
