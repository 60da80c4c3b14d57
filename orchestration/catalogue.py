"""`make docs`: writes the metric catalogue, docs/metrics.md, from the yml files beside the marts.

What stands above the mark on the page is written by hand; everything below comes from the manifest, so
that a metric is described in one place: its column, from where it also reaches Postgres and BI tools.
"""

import json
from collections.abc import Iterator
from typing import Any

from orchestration.settings import PROJECT_DIR

PAGE = PROJECT_DIR / "docs" / "metrics.md"
MARK = "<!-- Below: `make docs` writes it from the yml files beside the marts. -->\n"

Manifest = dict[str, Any]
Node = dict[str, Any]


def page(above: str, manifest: Manifest) -> str:
    """The whole page; `above` is a page of which only what stands above the mark is kept."""
    by_hand, mark, _ = above.partition(MARK)
    if not mark:
        raise ValueError(f"{PAGE} has lost its mark: {MARK}")
    return by_hand + mark + "".join(f"{line}\n" for line in catalogue(manifest))


def catalogue(manifest: Manifest) -> Iterator[str]:
    """Areas in the order of `_groups.yml`, marts by name."""
    for group in manifest["groups"].values():
        of_area = [mart for mart in marts(manifest) if mart["group"] == group["name"]]
        if of_area:
            yield ""
            yield f"## {group['name'].capitalize()}"
            yield group["config"]["meta"]["answers"]
            for mart in of_area:
                yield from _section(manifest, mart)


def marts(manifest: Manifest) -> list[Node]:
    found = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return sorted((n for n in found if n["fqn"][1] == "marts"), key=lambda node: str(node["name"]))


def metric_of(column: Node) -> Node | None:
    facts: Node | None = column["config"]["meta"].get("metric")
    return facts


def readers(manifest: Manifest, mart: Node) -> list[Node]:
    exposures: list[Node] = list(manifest["exposures"].values())
    return [e for e in exposures if mart["unique_id"] in e["depends_on"]["nodes"]]


def null_when(manifest: Manifest, mart: Node, column: str) -> str | None:
    """As its tests prove it; in words where no column of the mart says it; None if nobody does."""
    for test in manifest["nodes"].values():
        if test.get("attached_node") == mart["unique_id"] and "test_metadata" in test:
            name, arguments = test["test_metadata"]["name"], test["test_metadata"]["kwargs"]
            if column not in arguments.get("columns", []):
                continue
            if name == "never_null":
                return "never"
            if name == "present_exactly_when":
                return f"unless `{arguments['condition']}`"
    facts = metric_of(mart["columns"][column]) or {}
    return facts.get("null_when")


def _section(manifest: Manifest, mart: Node) -> Iterator[str]:
    grain = ", ".join(f"`{column}`" for column in mart["config"]["meta"]["grain"])
    read_by = ", ".join(sorted(exposure["label"] for exposure in readers(manifest, mart)))
    yield ""
    yield f"### `marts.{mart['name']}`"
    yield f"{' '.join(mart['description'].split())}"
    yield ""
    yield f"One row: {grain}. Read by: {read_by}."
    yield ""
    yield "| metric | says | formula | unit | adds over | null |"
    yield "|---|---|---|---|---|---|"
    columns = mart["columns"].values()
    for column in columns:
        if facts := metric_of(column):
            missing = null_when(manifest, mart, column["name"])
            formula = f"`{facts['formula']}`"
            yield _row(
                f"`{column['name']}`",
                column["description"],
                formula,
                facts["unit"],
                _over(facts),
                missing,
            )
    yield ""
    yield "| beside them | says |"
    yield "|---|---|"
    for column in columns:
        if not metric_of(column):
            yield _row(f"`{column['name']}`", column["description"])


def _over(facts: Node) -> str:
    over = facts["adds_over"]
    return over if isinstance(over, str) else ", ".join(f"`{column}`" for column in over)


def _row(*cells: str | None) -> str:
    said = (" ".join((cell or "").split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(said)} |"


def main() -> None:
    from orchestration.warehouse.build import ensure_manifest

    manifest = json.loads(ensure_manifest().read_text(encoding="utf-8"))
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), manifest), encoding="utf-8")


if __name__ == "__main__":
    main()
