"""`assay score` and `assay evaluate`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--rescore", is_flag=True, help="Go over all that has landed, not only what is new.")
@click.option("--list", "only_list", is_flag=True, help="Name the scorers, and what each says.")
@_JSON
def score(names: tuple[str, ...], rescore: bool, only_list: bool, as_json: bool) -> None:
    """Score what has not been scored; every scorer, or those that are named.

    Scores land as `evaluation` lines, then the marts are refreshed. Running it twice changes nothing.
    """
    from orchestration.scoring import registry
    from orchestration.scoring.engine import score as run

    if only_list:
        for name, (says, _) in {**registry.SCORERS, **registry.LEARNERS}.items():
            click.echo(f"{name:20} {says}")
        return
    with _progress(quiet=as_json) as say:
        report = run(names, again=rescore, say=say)
    if as_json:
        click.echo(json.dumps(asdict(report)))
        return
    for name, landed in report.by_scorer.items():
        click.echo(f"{name}: {landed:,} new scores")
    click.echo(f"{report.scored:,} queries read, {report.landed:,} scores landed.")


@contextmanager
def _progress(*, quiet: bool) -> Iterator["Say"]:  # type: ignore[name-defined] # noqa: F821
    if quiet or not sys.stderr.isatty():
        yield lambda _name, _done, _of: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, object] = {}

        def say(name: str, done: int, of: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=of or None)
            progress.update(tasks[name], completed=done, total=of or None)  # type: ignore[arg-type]

        yield say


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@_JSON
def evaluate(names: tuple[str, ...], as_json: bool) -> None:
    """Measure how right the scorers are, on samples with known answers.

    Exits 1 when a gate is missed. The samples are in ASSAY_SAMPLES, or else in
    shared/data beside this folder.
    """
    from orchestration.scoring.evaluation.gates import GATES, Figure, measure
    from orchestration.warehouse.rendering import print_table

    figures: list[Figure] = []
    for name in names or GATES:
        figures += measure(name)
    if as_json:
        click.echo(json.dumps([figure.as_json() for figure in figures]))
    else:
        print_table(list(asdict(figures[0])), [list(asdict(figure).values()) for figure in figures])
    if any(figure.passed is False for figure in figures):
        sys.exit(1)
