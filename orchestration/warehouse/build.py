"""`assay build`: dbt in this process, against the database that the warehouse's connection names."""

import fcntl
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any

import click

from orchestration import settings
from orchestration.errors import AssayError
from orchestration.warehouse import connection, migrations, parsed

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult

PROJECT_DIR = settings.PROJECT_DIR
# What a manifest is made from.
_PROJECT_PARTS = ("dbt_project.yml", "models", "macros", "seeds", "tests/dbt")
_FAILED = ("error", "fail", "runtime error")
# What a refresh needs. Delta checks are tests, too: it runs them.
_SERVING = ("resource_type:seed", "resource_type:model", "tag:delta")
# `dbt parse` asks for a connection but never uses it.
_NO_DATABASE = "postgresql://assay@127.0.0.1:1/assay"

_SILENT_CONSOLE = ("--log-level", "none", "--log-level-file", "debug")

OnNode = Callable[[int, int], None]


@dataclass(frozen=True)
class Outcome:
    """`failed` holds one sentence a node."""

    counts: Mapping[str, int]
    failed: Sequence[str]
    warned: Sequence[str]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {
            "success": not self.failed,
            "nodes": dict(self.counts),
            "failed": list(self.failed),
            "warned": list(self.warned),
            "seconds": round(self.seconds, 1),
        }


@click.command()
@click.option("--full-refresh", is_flag=True, help="Build every model from all the data there is.")
@click.option("--select", multiple=True, metavar="NODES", help="Only these, in dbt's syntax.")
@click.option("--target", metavar="NAME", help="Another target of the profile, such as `plain`.")
@click.option("--no-tests", is_flag=True, help="Models, seeds and, of all, the checks of a refresh.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def build(
    full_refresh: bool, select: tuple[str, ...], target: str | None, no_tests: bool, as_json: bool
) -> None:
    """Build the dbt models and run their tests."""
    with _progress(quiet=as_json) as on_node:
        outcome = run_build(
            full_refresh=full_refresh, select=select, target=target, on_node=on_node, tests=not no_tests
        )
    if as_json:
        click.echo(json.dumps(outcome.as_json()))
    else:
        counts = ", ".join(f"{number} {status}" for status, number in outcome.counts.items())
        click.echo(f"dbt build: {counts or 'nothing to do'} in {outcome.seconds:.1f} s")
        for sentence in outcome.warned:
            click.echo(f"warning: {sentence}", err=True)
    if outcome.failed:
        raise AssayError(_failure(outcome))


def run_build(
    *,
    full_refresh: bool = False,
    select: Sequence[str] = (),
    target: str | None = None,
    on_node: OnNode = lambda _done, _total: None,
    job_run: int | None = None,
    tests: bool = True,
) -> Outcome:
    url = connection.database_url()
    require_tables(url)
    started = time.monotonic()
    ensure_manifest()  # what it has parsed serves this build, and Dagster after it
    with dbt_session(url, job_run):
        _hand_over_parsed(_folder() / "target")
        args = build_args(full_refresh=full_refresh, select=select, target=target, tests=tests)
        result = _invoke(args, on_node)
    nodes = _results(result)
    if select and not nodes:
        raise AssayError(f"dbt build finds nothing to run for {' '.join(select)}: see `models/`.")
    return Outcome(
        counts=Counter(str(node.status) for node in nodes),
        failed=[_sentence(node) for node in nodes if node.status in _FAILED],
        warned=[_sentence(node) for node in nodes if node.status == "warn"],
        seconds=time.monotonic() - started,
    )


def build_models(
    url: str,
    select: Sequence[str] = (),
    *,
    full_refresh: bool = False,
    target: str | None = None,
) -> None:
    """Seeds, models and delta checks, in a database that nobody's environment names; no tests."""
    with dbt_session(url):
        _hand_over_parsed(_folder() / "target")
        args = build_args(full_refresh=full_refresh, select=select, target=target, tests=False)
        result = _invoke(args, lambda *_: None)
    failed = [_sentence(node) for node in _results(result) if node.status in _FAILED]
    if failed:
        raise AssayError("\n".join(failed))


def build_args(
    *,
    full_refresh: bool = False,
    select: Sequence[str] = (),
    target: str | None = None,
    tests: bool = True,
) -> list[str]:
    """What follows `dbt`, without the paths. Without tests, what is selected brings none along, nor
    does a `+` in it."""
    args = ["build"]
    if full_refresh:
        args.append("--full-refresh")
    if select or not tests:
        args += ["--select", *(select or _SERVING)]
    if not tests:
        args += ["--indirect-selection", "empty"]
    if select and not tests:
        args += ["--exclude-resource-types", "test", "unit_test"]
    if target:
        args += ["--target", target]
    return args


def paths_args(target: Path) -> list[str]:
    """Everything that dbt writes goes under ASSAY_HOME, and nothing to the user's home."""
    return [
        "--project-dir",
        str(PROJECT_DIR),
        "--profiles-dir",
        str(connection.write_dbt_profiles()),
        "--target-path",
        str(target),
        "--log-path",
        str(_folder() / "logs"),
    ]


@contextmanager
def dbt_session(url: str, job_run: int | None = None) -> Iterator[None]:
    """The environment that the profile reads, for as long as dbt runs in it. With a job run, the
    database refuses what dbt would publish after the process that runs the job has ended."""
    before, here = dict(os.environ), Path.cwd()
    os.environ.update(connection.dbt_environment(url))
    options = [os.environ.get("PGOPTIONS", ""), r"-c default_transaction_isolation=read\ committed"]
    if job_run is not None:
        options.append(f"-c assay.job_run={job_run}")
    os.environ["PGOPTIONS"] = " ".join(options).strip()
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        os.chdir(here)  # dbt moves to the project


def manifest_folder() -> Path:
    """A target folder of its own: `assay build` must not rewrite what Dagster is reading."""
    return _folder() / "manifest"


def run_folder(run_id: str) -> Path:
    """Where one run of Dagster's has dbt write: runs may overlap. What was parsed for the manifest is
    there already, so that dbt does not parse it again. To be called in a `dbt_session`."""
    folder = _folder() / "runs" / run_id
    folder.mkdir(parents=True)
    _hand_over_parsed(folder)
    return folder


def _hand_over_parsed(folder: Path) -> None:
    parsed.hand_over(manifest_folder() / parsed.FILE, folder, connection.write_dbt_profiles())


def ensure_manifest() -> Path:
    """The manifest of the files as they are now; parsed again when it was made of others. Older files
    are others, too: whoever goes back to a release has them."""
    folder = manifest_folder()
    folder.mkdir(parents=True, exist_ok=True)
    manifest, made_of = folder / "manifest.json", folder / "made_of.json"
    with (folder / "lock").open("w") as lock:
        # Dagster loads the same definitions in several processes at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        before, now = _read_files(made_of) if manifest.exists() else {}, _project_files()
        changed = [path for path in {*before, *now} if before.get(path) != now.get(path)]
        if changed:
            # A unit test that was renamed in a yml would stay beside its new self.
            whole = ["--no-partial-parse"] if any(path.endswith(".yml") for path in changed) else []
            made_of.unlink(missing_ok=True)
            with dbt_session(_url_without_starting()):
                _invoke(["parse", *whole], lambda _done, _total: None, folder)
            made_of.write_text(json.dumps(now), encoding="utf-8")
    return manifest


_Files = dict[str, list[int]]


def _project_files() -> _Files:
    """Size and time of each, by which it is known again."""
    parts = [PROJECT_DIR / part for part in _PROJECT_PARTS]
    paths = [path for part in parts if part.exists() for path in (part, *part.rglob("*"))]
    found = {str(path): path.stat() for path in paths}
    return {path: [s.st_size, s.st_mtime_ns] for path, s in found.items() if S_ISREG(s.st_mode)}


def _read_files(made_of: Path) -> _Files:
    """Nothing where that is not known: then everything is parsed."""
    try:
        found: _Files = json.loads(made_of.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _url_without_starting() -> str:
    chosen = settings.load().database_url
    if chosen:
        return chosen
    server = connection.embedded()
    return server.url if server.status().running else _NO_DATABASE


def _folder() -> Path:
    return settings.load().home / "dbt"


def require_tables(url: str) -> None:
    with connection.connect(url=url) as session:
        known = migrations.applied(session)
    missing = [m.label for m in migrations.available() if m.version not in known]
    if missing:
        raise AssayError(
            f"The database lacks {', '.join(missing)}: run `assay up` first, it makes the tables."
        )


def _invoke(args: list[str], on_node: OnNode, target: Path | None = None) -> "dbtRunnerResult":
    from dbt.cli.main import dbtRunner

    done = total = 0

    def hear(event: Any) -> None:
        nonlocal done, total
        if event.info.name == "LogStartLine":
            total = event.data.total
        elif event.info.name == "NodeFinished":
            done += 1
            on_node(done, total)

    paths = paths_args(target or _folder() / "target")
    result = dbtRunner(callbacks=[hear]).invoke([*args, *paths, *_SILENT_CONSOLE])
    if result.exception is not None:
        reason = " ".join(str(result.exception).split())
        raise AssayError(f"dbt could not {args[0]} the project: {reason}")
    return result


def _results(result: "dbtRunnerResult") -> list[Any]:
    """What ran, without exposures; the hooks around a build only where they failed."""
    return [
        node
        for node in getattr(result.result, "results", [])
        if node.node.resource_type not in ("operation", "exposure") or node.status in _FAILED
    ]


def _sentence(node: Any) -> str:
    message = " ".join(str(node.message or "").split())
    return f"{node.node.resource_type} {node.node.name}: {message or node.status}"


def _failure(outcome: Outcome) -> str:
    total = sum(outcome.counts.values())
    listed = "\n".join(f"  {sentence}" for sentence in outcome.failed)
    skipped = outcome.counts.get("skipped", 0)
    also = f" {skipped} that depend on them were skipped." if skipped else ""
    return (
        f"{len(outcome.failed)} of {total} dbt nodes failed.{also}\n{listed}\n"
        f"Details are in {_folder() / 'logs' / 'dbt.log'}, the SQL in {_folder() / 'target'}."
    )


@contextmanager
def _progress(*, quiet: bool) -> Iterator[OnNode]:
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("building", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)
