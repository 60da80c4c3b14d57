"""`assay ui`."""

import fcntl
import json
import time
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from orchestration.errors import AssayError

_ASK_DATABASE_EVERY_S = 3.0
_LOADED_WITHIN_S = 60.0
# Of this machine, whatever proxy the environment names.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@click.command()
@click.option(
    "--port",
    default=3000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Where the UI listens, on 127.0.0.1.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open it in a browser.")
def ui(port: int, open_browser: bool) -> None:
    """The Dagster UI, its daemon and its runs, until Ctrl-C.

    They land what is dropped into the inbox folder, keep the marts fresh, and run the schedules.
    """
    from orchestration.jobs.work import inbox_folder
    from orchestration.landing.watch import stop_on_signals
    from orchestration.ui import home
    from orchestration.ui.supervisor import HOST, Supervisor

    environment = home.environment()
    folder = Path(environment["DAGSTER_HOME"])
    inbox_folder().mkdir(parents=True, exist_ok=True)
    with _the_only_one(folder, port):
        _declare_jobs(environment["ASSAY_DATABASE_URL"])
        _require_free(HOST, port)
        stop = stop_on_signals()
        dagster = Supervisor(environment, folder, port, lambda news: click.echo(news, err=True))
        started = time.monotonic()
        try:
            dagster.start()
            url = f"http://{HOST}:{port}"
            watch = _both(
                _announce(url, started, open_browser),
                _watch_database(environment["ASSAY_DATABASE_URL"]),
            )
            click.echo(f"Starting Dagster; its logs are in {dagster.logs}.")
            dagster.run(stop, watch)
        finally:
            dagster.stop()
    click.echo("Dagster is stopped.")


@contextmanager
def _the_only_one(folder: Path, port: int) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AssayError(
                f"Dagster already runs for {folder.parent}: look at http://127.0.0.1:{port}, or stop it"
                " first."
            ) from None
        yield


def _declare_jobs(url: str) -> None:
    """Also those that never ran, so that `marts.job_health` shows them."""
    from orchestration.jobs.ledger import declare
    from orchestration.jobs.registry import JOBS
    from orchestration.warehouse.build import require_tables
    from orchestration.warehouse.connection import connect

    require_tables(url)
    with closing(connect(autocommit=True, url=url, application_name="assay ui")) as session:
        declare(session, *JOBS)


def _require_free(host: str, port: int) -> None:
    import socket

    with closing(socket.socket()) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError:
            raise AssayError(f"Port {port} is taken: choose another with --port.") from None


def _both(*looks: Callable[[], None]) -> Callable[[], None]:
    def look() -> None:
        for one in looks:
            one()

    return look


def _announce(url: str, started: float, open_browser: bool) -> Callable[[], None]:
    said = False

    def look() -> None:
        nonlocal said
        took = time.monotonic() - started
        if said or not (_shows_definitions(url) or (took > _LOADED_WITHIN_S and _answers(url))):
            return
        said = True
        click.echo(f"Dagster UI: {url} (after {took:.0f} s; Ctrl-C stops it)")
        if open_browser:
            webbrowser.open(url)

    return look


def _shows_definitions(url: str) -> bool:
    """Before, its pages show an error that passes. Definitions that are broken show theirs for good."""
    question = (
        "{workspaceOrError {... on Workspace {locationEntries {locationOrLoadError {__typename}}}}}"
    )
    request = urllib.request.Request(  # noqa: S310
        f"{url}/graphql", json.dumps({"query": question}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with _direct.open(request, timeout=2) as answer:
            return b'"RepositoryLocation"' in answer.read()
    except OSError:
        return False


def _answers(url: str) -> bool:
    try:
        with _direct.open(f"{url}/server_info", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _watch_database(url: str) -> Callable[[], None]:
    """Says when the database goes away and when it is back: Dagster's own pages cannot, without it."""
    from orchestration.warehouse.connection import NoConnectionError, connect

    away, asked = False, 0.0

    def look() -> None:
        nonlocal away, asked
        if time.monotonic() - asked < _ASK_DATABASE_EVERY_S:
            return
        asked = time.monotonic()
        try:
            connect(url=url, application_name="assay ui").close()
        except NoConnectionError as problem:
            if not away:
                click.echo(
                    f"{problem}\nEverything waits until it is back: `assay up` starts it.", err=True
                )
            away = True
            return
        if away:
            click.echo("The database is back.", err=True)
        away = False

    return look
