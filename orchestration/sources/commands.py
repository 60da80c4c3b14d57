"""`assay import`: logs of other systems, and tables of anybody's."""

import datetime as dt
import json
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from orchestration.errors import AssayError
from orchestration.landing.commands import counted, print_counts, why_unread
from orchestration.landing.files import NotTakenError, settle_s
from orchestration.sources.named import NAMES, database_named, source_named

_OF_A_DATABASE = ("url", "since", "everything", "overlap")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def _span(_: click.Context, __: click.Parameter, value: str) -> dt.timedelta:
    match = re.fullmatch(r"(\d{1,6})([mhd])", value)
    if match is None:
        raise click.BadParameter("must be minutes, hours or days: 90m, 2h, 7d")
    return dt.timedelta(**{_UNITS[match[2]]: int(match[1])})


@click.command("import")
@click.argument("what", nargs=-1, required=True)
@click.option("--map", "map_path", type=click.Path(path_type=Path),
              help="Which column says what: docs/sources/csv.md.")  # fmt: skip
@click.option("--from", "url", envvar="ASSAY_IMPORT_FROM", metavar="URL",
              help="Its PostgreSQL: postgresql://user@host:5432/database. The password comes from"
                   " ASSAY_IMPORT_PASSWORD.")  # fmt: skip
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
              help="Rows from this moment on (UTC), not from where the last import ended.")  # fmt: skip
@click.option("--everything", is_flag=True, help="All rows again; what has landed counts once.")
@click.option("--overlap", callback=_span, default="1h", show_default=True,
              help="How far back to look once more, for rows that came late.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would land and what would not; land nothing.")
@click.option("--json", "as_json", is_flag=True, help="Counts as JSON.")
@click.pass_context
def import_(
    ctx: click.Context,
    what: tuple[str, ...],
    map_path: Path | None,
    url: str | None,
    since: dt.datetime | None,
    everything: bool,
    overlap: dt.timedelta,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Land another system's logs.

    \b
    assay import FILE... --map MAP.yml       any table: CSV, JSON or Parquet, packed or not
    assay import litellm FILE...             what it wrote to files
    assay import litellm --from URL          what is new in its database
    """
    name = what[0] if what[0] in NAMES and not Path(what[0]).is_file() else None
    paths = [Path(one) for one in (what[1:] if name else what)]
    if name and not paths:
        if url is None:
            raise click.UsageError(f"Say which files of {name}, or with --from URL which database.")
        if ctx.get_parameter_source("url") is ParameterSource.COMMANDLINE:
            _refuse_password(url)
        moment = since.replace(tzinfo=dt.UTC) if since else None
        _database(name, url, (moment, everything, overlap), dry_run, as_json)
        return
    if any(ctx.get_parameter_source(one) is ParameterSource.COMMANDLINE for one in _OF_A_DATABASE):
        raise click.UsageError(
            "--from, --since, --everything and --overlap are for a database: leave them out."
        )
    if (name is None) == (map_path is None):
        raise click.UsageError(
            f"Say with --map MAP.yml what the columns mean; or name a system: {', '.join(NAMES)}."
        )
    for path in paths:
        if not path.is_file():
            raise AssayError(f"There is no file {path}.")
    if dry_run:
        show([_tried(path, name, map_path) for path in paths], as_json)
    else:
        _land(paths, name, map_path, as_json)


def _refuse_password(url: str) -> None:
    """Everybody on the machine sees the arguments of a command."""
    from orchestration.sources.theirs import PASSWORD, read_url

    if "password" in read_url(url):
        raise AssayError(
            f"A password does not belong on a command line: put it into {PASSWORD}, or the whole URL"
            " into ASSAY_IMPORT_FROM."
        )


def _tried(path: Path, name: str | None, map_path: Path | None) -> dict[str, Any]:
    from orchestration.sources.dry_run import try_file

    if name is not None:
        return {"path": str(path), **try_file(path, source_named(name)).as_json()}
    from orchestration.sources.mapping import read_map
    from orchestration.sources.tables import Table

    assert map_path is not None  # noqa: S101 - for the type checker
    mapping = read_map(map_path)
    table = Table(mapping)
    verdict = try_file(path, table.source(), lambda: table.place)
    return {"path": str(path), **verdict.as_json(), "unmapped_columns": mapping.unmapped(table.header)}


def _land(paths: list[Path], name: str | None, map_path: Path | None, as_json: bool) -> None:
    from orchestration.landing.lander import Lander
    from orchestration.landing.progress import landing_progress

    problems: list[str] = []

    def report(path: Path, problem: OSError | NotTakenError) -> None:
        problems.append(why_unread(path, problem))

    with ExitStack() as stack:
        lander = stack.enter_context(Lander(source=_source(name, map_path)))
        lander.connection()
        size = sum(path.stat().st_size for path in {*paths})
        lander.on_batch = stack.enter_context(landing_progress(size, quiet=as_json))
        landed = lander.land_files(paths, settle_s(), report)
    print_counts([counted(str(path), counts) for path, counts in landed.items()], as_json)
    if problems:
        raise AssayError("\n".join(problems))


def _source(name: str | None, map_path: Path | None) -> Any:
    if name is not None:
        return source_named(name)
    from orchestration.sources.mapping import read_map
    from orchestration.sources.tables import Table

    assert map_path is not None  # noqa: S101 - for the type checker
    return Table(read_map(map_path)).source()


def _database(
    name: str, url: str, since: tuple[Any, bool, dt.timedelta], dry_run: bool, as_json: bool
) -> None:
    from orchestration.landing.lander import Lander
    from orchestration.landing.progress import landing_progress
    from orchestration.sources.importing import Since, import_database, try_database

    database = database_named(name)
    if dry_run:
        tried = try_database(database, url, Since(*since))
        show(
            [{"path": log, **verdict.as_json(), "newest_only": cut} for log, verdict, cut in tried],
            as_json,
        )
        return
    with ExitStack() as stack:
        lander = stack.enter_context(Lander())
        lander.connection()
        lander.on_batch = stack.enter_context(landing_progress(0, quiet=as_json))
        landed = list(import_database(lander, database, url, Since(*since)))
    print_counts([counted(log, counts) for log, counts in landed], as_json)


def show(reports: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"files": reports}))
        return
    for report in reports:
        _print_verdict(report, click.echo)


def _print_verdict(report: dict[str, Any], say: Callable[[str], None]) -> None:
    from orchestration.warehouse.rendering import print_table

    say(f"{report['path']}: {report['rows']:,} rows, {report['skipped']:,} of them say nothing to land")
    if report.get("newest_only"):
        say("these are its newest; --since or --everything tries more")
    landing = [[kind, lines] for kind, lines in report["would_land"].items()]
    print_table(["would land", "lines"], landing or [["nothing", 0]])
    if report["would_be_refused"]:
        print_table(
            ["would not", "reason", "path", "lines", "first at"],
            [
                [one["kind"], one["reason"], one["path"], one["lines"],
                 "line " + ", ".join(map(str, one["first_at"]))]
                for one in report["would_be_refused"]
            ],
        )  # fmt: skip
    for count, meaning in (
        (report["duplicates_within"], "lines say again what another of the same id says"),
        (report["conflicts_within"], "lines have the id of another and say otherwise: is it unique?"),
    ):
        if count:
            say(f"{count:,} {meaning}")
    if report.get("unmapped_columns"):
        say(f"no field takes: {', '.join(report['unmapped_columns'])}")
    if report["unknown_fields"]:
        say(f"unknown fields, kept in attributes: {', '.join(report['unknown_fields'])}")
