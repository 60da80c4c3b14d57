"""`assay land`, `assay quarantine`, `assay replay`."""

import json
import sys
from contextlib import ExitStack
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any, cast

import click

from orchestration.errors import AssayError
from orchestration.landing.files import NotTakenError, settle_s
from orchestration.landing.lander import Lander
from orchestration.landing.parse import short_name
from orchestration.landing.store import Counts
from orchestration.warehouse.connection import connect

_COUNTS = ("lines", "accepted", "duplicate", "conflict", "quarantined")


@click.command()
@click.argument("paths", nargs=-1)
@click.option("--inbox", "from_inbox", is_flag=True, help="Drain the table landing.inbox.")
@click.option("--watch", type=click.Path(file_okay=False, exists=True, path_type=Path),
              help="Land what appears in this folder and in the inbox until stopped; landed files"
                   " move to its folder `landed`.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Counts as JSON.")
def land(paths: tuple[str, ...], from_inbox: bool, watch: Path | None, as_json: bool) -> None:
    """Land files (.jsonl, .jsonl.gz, .parquet, OpenTelemetry's), folders, or standard input (-).

    Every line ends as accepted, duplicate, conflict or quarantined. The status is 0 when all of them
    are accounted for, also when some were refused; see `assay quarantine list`.
    """
    if watch is not None:
        if paths or from_inbox:
            raise click.UsageError("--watch lands its folder and the inbox: land other files apart.")
        _watch(watch, as_json)
        return
    if not paths and not from_inbox:
        raise click.UsageError("Say what to land: files, folders, - for standard input, --inbox.")
    reports, problems = _land_all(paths, from_inbox, as_json)
    print_counts(reports, as_json)
    if problems:
        raise AssayError("\n".join(problems))


def _land_all(
    paths: tuple[str, ...], from_inbox: bool, as_json: bool
) -> tuple[list[dict[str, Any]], list[str]]:
    from orchestration.landing import files, inbox
    from orchestration.landing.progress import landing_progress

    problems: list[str] = []

    def report(path: Path, problem: OSError | NotTakenError) -> None:
        problems.append(why_unread(path, problem))

    def report_unseen(problem: OSError) -> None:
        report(Path(problem.filename), problem)

    folders = [Path(path) for path in paths if path != "-"]
    sources = [file for folder in folders for file in files.find(folder, report_unseen)]
    with ExitStack() as stack:
        lander = stack.enter_context(Lander())
        lander.connection()  # a database that is not there at all is said at once
        size = sum(source.stat().st_size for source in {*sources})
        lander.on_batch = stack.enter_context(landing_progress(size, quiet=as_json))
        landed = lander.land_files(sources, settle_s(), report)
        reports = [counted(str(path), counts) for path, counts in landed.items()]
        if "-" in paths:
            reports.append(
                counted("-", lander.land_stream(BufferedReader(cast(RawIOBase, sys.stdin.buffer))))
            )
        if from_inbox:
            reports.append(counted("inbox", inbox.drain(lander)))
    return reports, problems


def why_unread(path: Path, problem: OSError | NotTakenError) -> str:
    if isinstance(problem, NotTakenError):
        return str(problem)
    return f"{path} could not be read: {problem.strerror}."


def counted(path: str, counts: Counts) -> dict[str, Any]:
    return {"path": path} | {name: getattr(counts, name) for name in _COUNTS}


def print_counts(reports: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"files": reports}))
        return
    from orchestration.warehouse.rendering import print_table

    print_table(["path", *_COUNTS], [list(report.values()) for report in reports])
    if any(report["quarantined"] for report in reports):
        click.echo("Refused lines are kept: assay quarantine list", err=True)


def _watch(folder: Path, as_json: bool) -> None:
    from orchestration.landing.watch import Watch, stop_on_signals

    def say(path: str, news: Counts | AssayError) -> None:
        if isinstance(news, AssayError):
            click.echo(f"assay: {news}", err=True)
        elif as_json:
            click.echo(json.dumps({"files": [counted(path, news)]}))
        else:
            counts = ", ".join(f"{getattr(news, name)} {name}" for name in _COUNTS)
            click.echo(f"{path}: {counts}")

    with Lander() as lander:
        if not as_json:
            click.echo(f"Watching {folder} and the inbox; stop with Ctrl-C.", err=True)
        Watch(lander, folder, settle_s(), say, stop_on_signals()).run()


@click.command()
@click.option("--source", help="Only this source: otel, openinference, native ...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def drift(source: str | None, as_json: bool) -> None:
    """Fields that nobody has a column for: by source and kind, how often, since when.

    Their values are kept, in the `attributes` of their lines. A new version of a convention shows here
    first, as fields that it has and we do not, or as its schema_url.
    """
    with connect() as connection:
        cursor = connection.execute(
            """select drift.source, drift.kind, drift.field, sum(drift.lines)::bigint as lines,
                   min(batch.landed_at)::text as first_seen, max(batch.landed_at)::text as last_seen
               from landing.drift inner join landing.batch on drift.batch_id = batch.batch_id
               where drift.source = %(source)s or %(source)s is null
               group by drift.source, drift.kind, drift.field
               order by first_seen desc, drift.source, drift.kind, drift.field""",
            {"source": source and short_name(source)},
        )
        names = [column.name for column in cursor.description or ()]
        rows = cursor.fetchall()
    if as_json:
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return
    from orchestration.warehouse.rendering import print_table

    print_table(names, rows)


@click.group()
def quarantine() -> None:
    """Refused lines: what, where, why."""


@quarantine.command("list")
@click.option("--reason", help="Only this reason code.")
@click.option("--all", "also_replayed", is_flag=True, help="Also those that a replay has landed.")
@click.option(
    "--limit",
    default=100,
    type=click.IntRange(0),
    show_default=True,
    help="How many at most, newest first.",
)
@click.option("--json", "as_json", is_flag=True)
def quarantine_list(reason: str | None, also_replayed: bool, limit: int, as_json: bool) -> None:
    """Where each refused line stood and why. Values are never shown here."""
    with connect() as connection:
        cursor = connection.execute(
            """select quarantine_id as id, coalesce(file, '-') as file, line_no as line, byte_offset,
                   byte_length, reason, path, replay_batch_id is not null as replayed
               from landing.quarantine
               where (reason = %(reason)s or %(reason)s is null)
                   and (%(all)s or replay_batch_id is null)
               order by quarantine_id desc limit %(limit)s""",
            {"reason": reason, "all": also_replayed, "limit": limit},
        )
        names = [column.name for column in cursor.description or ()]
        rows = cursor.fetchall()
    if as_json:
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return
    from orchestration.warehouse.rendering import print_table

    print_table(names, rows)
    if len(rows) == limit:
        click.echo(f"These are the newest {limit}; --limit shows more.", err=True)


@quarantine.command("show")
@click.argument("quarantine_id", type=int)
def quarantine_show(quarantine_id: int) -> None:
    """One refused line, byte for byte, to standard output (escaped in a terminal)."""
    with connect() as connection:
        where = connection.execute(
            "select reason, path, file, line_no from landing.quarantine where quarantine_id = %s",
            (quarantine_id,),
        ).fetchone()
        if where is None:
            raise AssayError(f"There is no quarantined line {quarantine_id}.")
        click.echo(f"{where[0]} at {where[1]}, {where[2] or '-'} line {where[3]}", err=True)
        in_terminal = sys.stdout.isatty()
        with connection.cursor(name="parts", binary=True) as cursor:
            cursor.itersize = 1
            cursor.execute(
                "select bytes from landing.quarantine_bytes where quarantine_id = %s order by part",
                (quarantine_id,),
            )
            for (part,) in cursor:
                # Raw bytes could drive a terminal; in a pipe they must be exact.
                shown = ascii(bytes(part))[2:-1].encode() + b"\n" if in_terminal else bytes(part)
                sys.stdout.buffer.write(shown)


@click.command()
@click.option("--reason", help="Only lines refused for this reason.")
@click.option("--json", "as_json", is_flag=True)
def replay(reason: str | None, as_json: bool) -> None:
    """Land quarantined lines again, after a fix or an upgrade of the contract.

    Lines that are still refused stay where they are. A second replay finds nothing to do.
    """
    from orchestration.landing.replay import replay as replay_lines

    with Lander() as lander:
        counts = replay_lines(lander, reason)
    report = {name: getattr(counts, name) for name in _COUNTS}
    if as_json:
        click.echo(json.dumps(report))
    else:
        click.echo(", ".join(f"{number} {name}" for name, number in report.items()))
