"""`assay refresh`, `watch` and `held`."""

import json
import sys

import click

from orchestration.errors import AssayError

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@_JSON
def refresh(as_json: bool) -> None:
    """Bring every mart up to date with what has landed.

    Takes milliseconds when nothing is new. `assay build` makes the models first.
    """
    from orchestration.refresh.engine import refresh_all
    from orchestration.warehouse.connection import connect

    with connect(autocommit=True, application_name="assay refresh") as connection:
        done = refresh_all(connection)
    if as_json:
        click.echo(json.dumps({"admitted": done.admitted, "held": done.held}))
    else:
        click.echo(_sentence(done.admitted, done.held))


@click.command()
@_JSON
def watch(as_json: bool) -> None:
    """Refresh whenever a batch is committed, until Ctrl-C."""
    from orchestration.landing.watch import stop_on_signals
    from orchestration.refresh.engine import Refreshed
    from orchestration.refresh.watch import watch as watch_batches

    def say(news: Refreshed | AssayError) -> None:
        if isinstance(news, AssayError):
            click.echo(f"assay: {news}", err=True)
        elif as_json:
            click.echo(json.dumps({"admitted": news.admitted, "held": news.held}))
        else:
            click.echo(_sentence(news.admitted, news.held))
        sys.stdout.flush()

    watch_batches(stop_on_signals(), say)


@click.group()
def held() -> None:
    """Batches that a check or a model refused."""


@held.command("list")
@_JSON
def list_held(as_json: bool) -> None:
    """The batches that are held, and by what."""
    from orchestration.refresh.engine import held_batches
    from orchestration.warehouse.connection import connect
    from orchestration.warehouse.rendering import print_table

    with connect(autocommit=True) as connection:
        batches = held_batches(connection)
    if as_json:
        click.echo(json.dumps(batches, default=str))
    elif batches:
        print_table(list(batches[0]), [list(batch.values()) for batch in batches])
    else:
        click.echo("No batch is held.")


@held.command()
@click.argument("batch_ids", type=int, nargs=-1, required=True)
def release(batch_ids: tuple[int, ...]) -> None:
    """Let batches in again, after a fix. They are checked once more by the next refresh."""
    from orchestration.refresh.engine import release as release_batch
    from orchestration.warehouse.connection import connect

    with connect(autocommit=True) as connection:
        for batch_id in batch_ids:
            release_batch(connection, batch_id)
            click.echo(f"Batch {batch_id} is released.")


def _sentence(admitted: int, held: int) -> str:
    if not admitted and not held:
        return "Nothing new: the marts are up to date."
    sentence = f"{admitted} new batch{'es' if admitted != 1 else ''} in the marts."
    if held:
        sentence += f" {held} held: `assay held list` says why."
    return sentence
