"""`assay bench`: measurements that print ratios, since machines differ and are shared."""

import json
import signal
import sys
from collections.abc import Callable
from typing import Any

import click


class Count(click.ParamType[int]):
    """1e6 as well as 1000000."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(float(value))
        except ValueError:
            self.fail(f"{value} is not a number", param, ctx)


def _count(name: str, default: int, text: str) -> Callable[[Any], Any]:
    return click.option(name, type=Count(), default=default, show_default=True, help=text)


_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_ROWS = _count("--rows", 1_000_000, "Queries in the history.")


@click.group(invoke_without_command=True)
@_ROWS
@_JSON
@click.pass_context
def bench(context: click.Context, rows: int, as_json: bool) -> None:
    """Measure on this machine, and print ratios beside what they have to reach.

    Without a command everything is measured, in one run: about an hour for 1e6 queries. Its databases
    are its own, and dropped again. `make bench-install` brings DuckDB and chDB to compare with.
    """
    if context.invoked_subcommand is None:
        from orchestration.bench.suite import BENCHES

        _run(BENCHES, as_json, rows=rows)


@bench.command()
@_count("--days", 10, "Days of simulated logs.")
@_count("--queries-per-day", 4000, "Queries of each.")
@_JSON
def landing(days: int, queries_per_day: int, as_json: bool) -> None:
    """Landing with everything on, against a bare COPY of the same typed rows."""
    _run(["landing"], as_json, landing_days=days, landing_queries_per_day=queries_per_day)


@bench.command()
@_count("--turns", 30_000, "Turns of three or four spans each.")
@_JSON
def otlp(turns: int, as_json: bool) -> None:
    """Landing a file of OpenTelemetry's spans, against the same turns as native lines."""
    _run(["otlp"], as_json, otlp_turns=turns)


@bench.command()
@_count("--spans-per-second", 2000, "How many are sent.")
@_count("--seconds", 60, "For how long.")
@_JSON
def receive(spans_per_second: int, seconds: int, as_json: bool) -> None:
    """Spans at a steady pace into `assay receive`, until the last is in a mart."""
    _run(["receive"], as_json, receive_spans_per_s=spans_per_second, receive_seconds=seconds)


@bench.command()
@_count("--days", 30, "Days of simulated logs.")
@_count("--queries-per-day", 1000, "Queries of each.")
@_count("--history", 1_000_000, "Questions that stand in clusters already.")
@_JSON
def scoring(days: int, queries_per_day: int, history: int, as_json: bool) -> None:
    """Every offline scorer and learner over a history that none has seen; and 10,000 new questions."""
    _run(
        ["scoring"],
        as_json,
        scoring_days=days,
        scoring_queries_per_day=queries_per_day,
        history=history,
    )


@bench.command()
@_count("--people", 10_000, "Active people.")
@_count("--messages", 30, "Of each, before the one that is measured.")
@_JSON
def preferences(people: int, messages: int, as_json: bool) -> None:
    """What everybody prefers, learned anew; and the look-up of one person."""
    _run(["preferences"], as_json, people=people, messages=messages)


@bench.command()
@_ROWS
@_count("--rounds", 100, "Refreshes to measure.")
@_count("--pairs", 30, "Of them, beside one over a tenth of the history.")
@_JSON
def refresh(rows: int, rounds: int, pairs: int, as_json: bool) -> None:
    """Refreshing every mart after 4,000 new queries, against rebuilding them."""
    _run(["refresh"], as_json, rows=rows, rounds=rounds, pairs=pairs)


@bench.command()
@_ROWS
@_count("--questions", 200, "Of each of the twelve queries.")
@_count("--checked", 20, "Of them, asked and compared in raw PostgreSQL, DuckDB and chDB.")
@_JSON
def dashboards(rows: int, questions: int, checked: int, as_json: bool) -> None:
    """Twelve dashboard queries, against the same answers from the raw logs."""
    _run(["dashboards"], as_json, rows=rows, questions=questions, checked=checked)


@bench.command()
@_ROWS
@_count("--runs", 3, "Runs of dbt.")
@_JSON
def stock(rows: int, runs: int, as_json: bool) -> None:
    """A refresh, against `dbt run` over the same marts as stock incremental models."""
    _run(["stock"], as_json, rows=rows, stock_runs=runs)


@bench.command()
@_ROWS
@_count("--commits", 1000, "Commits, two a second.")
@_JSON
def visible(rows: int, commits: int, as_json: bool) -> None:
    """From a commit until a mart shows it, with `assay watch` and a dashboard reader beside."""
    _run(["visible"], as_json, rows=rows, commits=commits)


@bench.command()
@_ROWS
@_JSON
def reprice(rows: int, as_json: bool) -> None:
    """New prices for every call of the history, until every table says so."""
    _run(["reprice"], as_json, rows=rows)


@bench.command()
@_count("--refreshes", 2000, "Refreshes of a hundred queries each.")
@_count("--rows", 100_000, "Queries in the history before.")
@_JSON
def endurance(refreshes: int, rows: int, as_json: bool) -> None:
    """Thousands of refreshes beside an open snapshot, against a fresh build."""
    _run(["endurance"], as_json, rows=rows, refreshes=refreshes, endurance_rows=rows)


def _run(wanted: list[str] | tuple[str, ...], as_json: bool, **sizes: int) -> None:
    from orchestration.bench.bars import RIGHT, judge
    from orchestration.bench.suite import Sizes, run

    # Its databases go when it is told to stop, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = Sizes(**sizes)
    report = run(wanted, chosen, lambda text: click.echo(text, err=True))
    verdicts = judge(report.figures, chosen.rows, report.why_missing)
    if as_json:
        click.echo(json.dumps({"rows": chosen.rows, **report.figures, "bars": verdicts}))
    else:
        _show(report.figures, verdicts)
    wrong = [f"{name} is {verdicts[name]['value']}" for name in RIGHT if _is_missed(verdicts, name)]
    for reason in (*report.failed, *wrong):
        click.echo(f"assay: {reason}", err=True)
    sys.exit(1 if report.failed or wrong else 0)


def _is_missed(verdicts: dict[str, Any], figure: str) -> bool:
    return figure in verdicts and verdicts[figure]["verdict"] == "missed"


def _show(figures: dict[str, Any], verdicts: dict[str, Any]) -> None:
    for name, figure in figures.items():
        if name not in verdicts:
            click.echo(f"{name:26} {json.dumps(figure)}")
    for name, judged in verdicts.items():
        value = "" if judged["value"] is None else f"{judged['value']:,g}"
        reason = f": {judged['because']}" if "because" in judged else ""
        verdict = judged["verdict"].replace("_", " ")
        click.echo(f"{name:26} {value:>12}  {judged['bar']:18} {verdict}{reason}")
