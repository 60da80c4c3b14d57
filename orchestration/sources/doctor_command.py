"""`assay doctor`."""

import json

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Which marts your logs can fill, which not, and what to log to fill the rest."""
    from orchestration.sources.doctor import ROWS, examine
    from orchestration.warehouse.build import ensure_manifest
    from orchestration.warehouse.connection import connect

    manifest = ensure_manifest()
    with connect(autocommit=True) as connection:
        findings = examine(connection, manifest)
    if as_json:
        click.echo(json.dumps({"marts": [finding.as_json() for finding in findings]}))
        return
    from orchestration.warehouse.rendering import print_table

    rows = []
    for finding in findings:
        reasons = [
            reason if column == ROWS else f"{column} not judged: {reason}"
            for column, reason in finding.missing.items()
        ]
        rows.append([finding.mart.name, finding.state, "; ".join(reasons) or "-"])
    print_table(["mart", "state", "why"], rows)
    to_fill: dict[str, list[str]] = {}
    for finding in findings:
        for need in finding.to_log:
            to_fill.setdefault(need.replace("|", " or "), []).append(finding.mart.name)
    if to_fill:
        print_table(["log", "to fill"], [[name, ", ".join(marts)] for name, marts in to_fill.items()])
    if any(finding.state == "waiting" for finding in findings):
        click.echo(
            "Waiting marts have logs and no rows: assay refresh, more days, or nothing to report."
        )
