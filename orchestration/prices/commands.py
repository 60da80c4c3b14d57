"""`assay prices`: what models cost, since when, and who says so."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestration.errors import AssayError

if TYPE_CHECKING:
    from orchestration.landing.store import Counts
    from orchestration.prices.book import Price

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_METERS = (
    "input", "cache-read", "cache-write", "cache-write-1h", "audio-input", "image-input", "output",
    "reasoning", "audio-output", "request", "tool-call",
)  # fmt: skip


@click.group()
def prices() -> None:
    """The price book: sync it, add to it, look into it.

    A price that is added re-prices every call since it began. What was computed before stays readable:
    `assay prices as-of`.
    """


@prices.command()
@_JSON
def sync(as_json: bool) -> None:
    """Take over what the installed package genai-prices says of the models in use."""
    from orchestration.prices.sync import sync as run
    from orchestration.refresh.engine import refresh_all

    with _session() as session:
        refresh_all(session)  # so that names which have just landed are in use
        synced = run(session)
        refresh_all(session)
    if as_json:
        click.echo(json.dumps(synced.as_json()))
        return
    click.echo(f"{synced.priced} names priced, {synced.counts.accepted} new prices.")
    for (provider, model), why in sorted(synced.unknown.items()):
        click.echo(f"no price for {provider} {model}: {why}", err=True)


def _meters(command: Callable[..., Any]) -> Callable[..., Any]:
    for meter in reversed(_METERS):
        unit = "each" if meter in ("request", "tool-call") else "a million tokens"
        name = f"{meter.replace('-', '_')}_price"
        command = click.option(f"--{meter}", name, metavar="USD", help=f"US dollars {unit}.")(command)
    return command


def _place(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option("--provider", help="As calls name it; left out for calls that name none."),
            click.option("--model", help="As calls name it, letter for letter."),
            click.option("--from", "valid_from", metavar="WHEN", help="Since ever where left out."),
            click.option("--tier", "service_tier", help="standard, batch, flex or priority."),
            click.option("--workspace", "scope", help="Only for its calls; for all where left out."),
            click.option("--origin", help="override (as it is where left out) or negotiated."),
            click.option("--above", "above_input_tokens", help="A tier for longer prompts than this."),
        )
    ):
        command = option(command)
    return command


@prices.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_place
@click.option("--to", "valid_to", metavar="WHEN", help="Until another begins where left out.")
@click.option("--tier-mode", help="whole (the request) or marginal (the tokens beyond).")
@_meters
@_JSON
def add(file: Path | None, as_json: bool, **told: str | None) -> None:
    """Add prices: one by options, or many from a CSV file with a column for each field of a price."""
    from orchestration.prices.files import price_of, read_csv

    given = {name: value for name, value in told.items() if value is not None}
    if (file is None) == (not given):
        raise AssayError("Say what to add: either a file or --model with its prices.")
    _write(read_csv(file) if file else [price_of(given)], file.name if file else "options", as_json)


@prices.command()
@_place
@_JSON
def withdraw(as_json: bool, **told: str | None) -> None:
    """Take a price back, as if it had never been stated."""
    from orchestration.prices.book import standing
    from orchestration.prices.files import price_of

    given = {name: value for name, value in told.items() if value is not None}
    wanted = price_of({**given, "withdrawn": "true"})
    with _session() as session:
        found = [price for price in standing(session) if price.place == wanted.place]
    if not found or found[0].withdrawn:
        raise AssayError(f"The book has no {wanted}: see `assay prices list`.")
    _write([found[0].withdrawal()], "withdraw", as_json)


@prices.command(name="list")
@click.option("--provider", help="Only theirs.")
@click.option("--model", help="Only this model.")
@_JSON
def list_prices(provider: str | None, model: str | None, as_json: bool) -> None:
    """What stands in the book: of each price the line that was stated last."""
    from orchestration.prices.book import standing
    from orchestration.warehouse.rendering import print_table

    with _session() as session:
        found = [
            price
            for price in standing(session)
            if not price.withdrawn
            and provider in (None, price.provider)
            and model in (None, price.model)
        ]
    if as_json:
        click.echo(json.dumps([asdict(price) for price in found], default=str))
        return
    meters = [
        f"{meter.replace('-', '_')}_price" for meter in ("input", "cache-read", "output", "request")
    ]
    columns = [
        "provider",
        "model",
        "service_tier",
        "scope",
        "origin",
        "valid_from",
        "above_input_tokens",
    ]
    print_table(
        [*columns, *meters],
        [[getattr(price, name) for name in (*columns, *meters)] for price in found],
    )


@prices.command()
@click.argument("provider")
@click.argument("model")
@_JSON
def show(provider: str, model: str, as_json: bool) -> None:
    """What holds when for one model, of everything that was stated."""
    from orchestration.warehouse.rendering import print_table

    with _session() as session:
        cursor = session.execute(
            """select workspace, service_tier, valid_from, valid_to, above_input_tokens,
                   marginal_above_tokens, origin, known_since, input_price_usd, cache_read_price_usd,
                   output_price_usd, request_price_usd
               from marts.price_book where provider = %s and model = %s
               order by workspace, service_tier, valid_from, above_input_tokens""",
            (provider, model),
        )
        names = [column.name for column in cursor.description or ()]
        rows = cursor.fetchall()
    if not rows:
        raise AssayError(
            f"The book has no price for {provider} {model}: see `assay prices add --help`."
        )
    if as_json:
        found = [dict(zip(names, row, strict=True)) for row in rows]
        click.echo(json.dumps(found, default=str))
    else:
        print_table(names, [list(row) for row in rows])


@prices.command(name="as-of")
@click.argument("when")
@click.option("--workspace", help="Only its calls.")
@_JSON
def as_of(when: str, workspace: str | None, as_json: bool) -> None:
    """What the marts said of costs at an earlier moment, by month, beside what they say now."""
    from orchestration.prices.files import moment
    from orchestration.warehouse.rendering import print_table

    with _session() as session:
        session.execute("select set_config('assay.as_of', %s, false)", (moment(when).isoformat(),))
        cursor = session.execute(
            """select date_trunc('month', day)::date as month, workspace,
                   sum(calls_then)::bigint as calls_then, sum(cost_then_usd) as cost_then_usd,
                   sum(calls_now)::bigint as calls_now, sum(cost_now_usd) as cost_now_usd
               from marts.costs_as_of where %s::text is null or workspace = %s
               group by 1, 2 order by 1, 2""",
            (workspace, workspace),
        )
        names = [column.name for column in cursor.description or ()]
        rows = cursor.fetchall()
    if as_json:
        found = [dict(zip(names, row, strict=True)) for row in rows]
        click.echo(json.dumps(found, default=str))
    else:
        print_table(names, [list(row) for row in rows])


def _write(wanted: "list[Price]", file: str, as_json: bool) -> None:
    from orchestration.prices.book import write
    from orchestration.refresh.engine import refresh_all

    with _session() as session:
        counts: Counts = write(session, wanted, file)
        refresh_all(session)
    if as_json:
        click.echo(
            json.dumps({"new_prices": counts.accepted, "known_already": len(wanted) - counts.accepted})
        )
    else:
        click.echo(f"{counts.accepted} new prices; calls since they began are priced by them.")


def _session() -> Any:
    from orchestration.warehouse.connection import connect

    return connect(autocommit=True, application_name="assay prices")
