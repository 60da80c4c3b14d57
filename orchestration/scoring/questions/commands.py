"""`assay similar` and `assay gaps`: for those who may read texts."""

import json
from dataclasses import asdict
from typing import Any
from uuid import uuid4

import click

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_LIST = """
    select workspace, gap_id, label, status, questions, users, recent_questions, dissatisfied_rate,
        cost_usd, impact_rank
    from marts.content_gaps where %s::text is null or workspace = %s
    order by workspace, impact_rank limit %s"""
_DECISIONS = ("open", "acknowledge", "draft", "publish", "dismiss")


@click.command()
@click.argument("text")
@click.option("--workspace", help="Only of this workspace.")
@click.option("--most", default=10, show_default=True, type=click.IntRange(1, 1000))
@_JSON
def similar(text: str, workspace: str | None, most: int, as_json: bool) -> None:
    """Past queries that mean about the same as TEXT, and how they ended."""
    from orchestration.scoring.questions.similar import Similar
    from orchestration.scoring.questions.similar import similar as find
    from orchestration.warehouse.connection import connect
    from orchestration.warehouse.rendering import print_table

    with connect(autocommit=True, application_name="assay similar") as session:
        found = [asdict(one) for one in find(session, text, workspace, most)]
    if as_json:
        click.echo(json.dumps(found))
    else:
        print_table(list(Similar.__dataclass_fields__), [list(one.values()) for one in found])


@click.group()
def gaps() -> None:
    """Questions that the knowledge base has no answer to."""


@gaps.command("list")
@click.option("--workspace", help="Only of this workspace.")
@click.option("--most", default=50, show_default=True, type=click.IntRange(1, 10_000))
@_JSON
def list_gaps(workspace: str | None, most: int, as_json: bool) -> None:
    """By impact, without texts."""
    from orchestration.warehouse.connection import connect
    from orchestration.warehouse.rendering import print_table

    with connect(autocommit=True, application_name="assay gaps") as session:
        cursor = session.execute(_LIST, (workspace, workspace, most))
        names = [column.name for column in cursor.description or ()]
        rows = cursor.fetchall()
    if as_json:
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=str))
    else:
        print_table(names, [["null" if one is None else str(one) for one in row] for row in rows])


@gaps.command()
@click.argument("gap_id")
@_JSON
def show(gap_id: str, as_json: bool) -> None:
    """The questions of a gap, from the vault, and what is written about it so far."""
    from orchestration.scoring.questions.drafts import brief
    from orchestration.warehouse.connection import connect
    from orchestration.warehouse.rendering import printable

    with connect(autocommit=True, application_name="assay gaps") as session:
        found = brief(session, gap_id)
    if as_json:
        click.echo(json.dumps(asdict(found)))
        return
    click.echo(f"{found.gap_id} in {printable(found.workspace)}: {found.label or '(no label)'}")
    for question in found.questions:
        click.echo(f"  {printable(question)}")
    for source in found.sources:
        click.echo(f"near: {printable(source.title)} ({printable(source.doc_id)})")


@gaps.command()
@click.argument("gap_id")
def draft(gap_id: str) -> None:
    """An article that would close the gap, in Markdown, to be finished by somebody who knows."""
    from orchestration.scoring.questions.drafts import draft as write
    from orchestration.warehouse.connection import connect

    with connect(autocommit=True, application_name="assay gaps") as session:
        click.echo(write(session, gap_id))


@gaps.command()
@click.argument("gap_id")
@click.argument("decision", type=click.Choice(_DECISIONS))
@click.option("--document", help="Id of the article, with `publish`.")
@click.option("--actor", help="Who decides.")
def decide(gap_id: str, decision: str, document: str | None, actor: str | None) -> None:
    """Lands a decision on a gap; `publish --document` starts measuring what the article does."""
    from orchestration.errors import AssayError
    from orchestration.scoring.questions.drafts import find
    from orchestration.warehouse.connection import connect

    for option, value in (("--document", document), ("--actor", actor)):
        if value is not None and not value.strip():
            raise AssayError(f"{option} is empty: give it a value, or leave it out.")
    if decision == "publish" and document is None:
        raise AssayError("Say which article was published: --document ID.")
    with connect(autocommit=True, application_name="assay gaps") as session:
        found, workspace, _ = find(session, gap_id)
        _land(session, {
            "kind": "decision", "event_id": f"gap:{uuid4().hex}", "workspace": workspace,
            "object_type": "gap", "object_id": found, "decision": decision,
            "related_id": document, "actor": actor,
        })  # fmt: skip
    click.echo(f"{found}: {decision}.")


def _land(session: Any, line: dict[str, Any]) -> None:
    """Says so where the line is refused: in quarantine nobody would look for a decision."""
    from datetime import UTC, datetime

    from orchestration.errors import AssayError
    from orchestration.landing.lander import Lander
    from orchestration.landing.limits import Limits
    from orchestration.landing.parse import Slice, parse
    from orchestration.landing.store import Origin
    from orchestration.refresh.engine import refresh_all

    said = {name: value for name, value in line.items() if value is not None}
    said["ts"] = datetime.now(UTC).isoformat()
    parsed = parse(Slice(1, 0, [json.dumps(said).encode()]), Limits())
    if parsed.refused:
        _, refused = parsed.refused[0]
        raise AssayError(f"The decision is refused: {refused.reason} at {refused.path}.")
    with Lander() as lander:
        lander.commit(parsed, Origin("inbox"))
    refresh_all(session)
