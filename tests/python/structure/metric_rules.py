"""Rules of what marts promise their readers, as functions from a manifest to sentences of breaches."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from orchestration.catalogue import Manifest, Node, marts, metric_of, null_when, readers
from orchestration.landing.contract import KINDS, RetrievedDocument

NUMBERS = ("bigint", "integer", "double precision", "numeric")
UNITS_BY_NAME = {
    r".*_ms": "ms",
    r".*_tokens": "tokens",
    r".*_per_query_usd": "USD a query",
    r"(?!.*_per_).*_usd": "USD",
    r".*_(rate|share)|share_of_.*": "share",
    r".*_users|users": "people",
}


def metrics(manifest: Manifest) -> Iterator[tuple[Node, Node, Node]]:
    for mart in marts(manifest):
        for column in mart["columns"].values():
            if facts := metric_of(column):
                yield mart, column, facts


def numbers_without_facts(manifest: Manifest) -> Iterator[str]:
    """Every number outside the grain is a metric, and nothing else is."""
    for mart in marts(manifest):
        for column in mart["columns"].values():
            is_number = column["data_type"].startswith(NUMBERS)
            expected = is_number and column["name"] not in mart["config"]["meta"]["grain"]
            facts = metric_of(column)
            if expected != (facts is not None):
                yield f"{mart['name']}.{column['name']}: {facts}"
            elif facts is not None and not {"unit", "formula", "adds_over"} <= set(facts):
                yield f"{mart['name']}.{column['name']} lacks facts: {facts}"


def formulas_of_nothing(manifest: Manifest) -> Iterator[str]:
    """A formula names a field, a kind of line or a column, and no field that does not exist."""
    for mart, column, facts in metrics(manifest):
        bare = re.sub(r"'[^']*'", "", facts.get("formula", ""))
        fields = set(re.findall(r"[a-z]\w*(?:\.[a-z]\w*)+", bare))
        words = set(re.findall(r"(?<![\w.])[a-z]\w*(?![\w.])", bare))
        names = {word for word in words if "_" in word}
        known = {*mart["columns"], *_vars_of_alerts(manifest), *_parameters(manifest)}
        for unknown in sorted((fields - _landed() - _marts(manifest)) | (names - known)):
            yield f"{mart['name']}.{column['name']} is computed from {unknown}, which does not exist"
        if not fields and not words & {*KINDS, *known, "signal"}:
            yield f"{mart['name']}.{column['name']} says nothing of what it is computed from"


def _landed() -> set[str]:
    fields = {f"{kind}.{field}" for kind, struct in KINDS.items() for field in struct.__struct_fields__}
    passages = {f"retrieval.documents.{field}" for field in RetrievedDocument.__struct_fields__}
    models = {f"core.fct_{name}" for name in ("queries", "costs", "feedback")}
    return fields | passages | models


def _marts(manifest: Manifest) -> set[str]:
    return {f"marts.{mart['name']}" for mart in marts(manifest)}


def _vars_of_alerts(manifest: Manifest) -> set[str]:
    macro = manifest["macros"].get("macro.assay.alert_when", {"macro_sql": ""})
    return set(re.findall(r"'(\w+_to_alert)'", macro["macro_sql"]))


def _parameters(manifest: Manifest) -> set[str]:
    macro = manifest["macros"].get("macro.assay.roi_parameters", {"macro_sql": ""})
    return set(re.findall(r"'(\w+)'", macro["macro_sql"]))


def sums_over_what_is_no_column(manifest: Manifest) -> Iterator[str]:
    for mart, column, facts in metrics(manifest):
        over = facts.get("adds_over")
        if over not in ("all", "nothing") and not set(over or ["?"]) < set(
            mart["config"]["meta"]["grain"]
        ):
            yield f"{mart['name']}.{column['name']} adds over {over}"


def sums_that_count_twice(manifest: Manifest) -> Iterator[str]:
    """People are known within a workspace only; percentiles and quotients never add over all."""
    for mart, column, facts in metrics(manifest):
        over, formula = facts.get("adds_over"), facts.get("formula", "")
        of_people = facts.get("unit") == "people" and (over == "all" or "workspace" in (over or ""))
        of_quotients = re.match(r"percentile|avg|\w+ / ", formula) and over == "all"
        if of_people or of_quotients or ("percentile" in formula and over != "nothing"):
            yield f"{mart['name']}.{column['name']} ({formula}) is said to add over {over}"


def units_against_their_name(manifest: Manifest) -> Iterator[str]:
    for mart, column, facts in metrics(manifest):
        for pattern, unit in UNITS_BY_NAME.items():
            if re.fullmatch(pattern, column["name"]) and facts.get("unit") != unit:
                yield f"{mart['name']}.{column['name']} is in {facts.get('unit')}"


def empty_for_no_reason(manifest: Manifest) -> Iterator[str]:
    for mart, column, _ in metrics(manifest):
        if not null_when(manifest, mart, column["name"]):
            yield f"{mart['name']}.{column['name']} may be null, and nothing says when"


def conditions_of_themselves(manifest: Manifest) -> Iterator[str]:
    """That a number is there when it is there says nothing, and cannot fail."""
    for mart, column, _ in metrics(manifest):
        name = column["name"]
        if (null_when(manifest, mart, name) or "") == f"unless `{name} is not null`":
            yield f"{mart['name']}.{name} is present exactly when it is present"


def marts_that_nobody_reads(manifest: Manifest) -> Iterator[str]:
    for mart in marts(manifest):
        if not readers(manifest, mart):
            yield mart["name"]


def exposures_that_say_too_little(manifest: Manifest) -> Iterator[str]:
    for exposure in manifest["exposures"].values():
        if not exposure["description"].strip() or exposure["owner"].get("name") != "Warehouse":
            yield f"{exposure['name']} has no description, or an owner of its own"


def exposures_of_what_is_not_public(manifest: Manifest) -> Iterator[str]:
    public = {mart["unique_id"] for mart in marts(manifest)}
    for exposure in manifest["exposures"].values():
        reads: list[Any] = exposure["depends_on"]["nodes"]
        yield from (f"{exposure['name']} reads {node}" for node in reads if node not in public)


RULES: list[Callable[[Manifest], Iterator[str]]] = [
    numbers_without_facts,
    formulas_of_nothing,
    sums_over_what_is_no_column,
    sums_that_count_twice,
    units_against_their_name,
    empty_for_no_reason,
    conditions_of_themselves,
    marts_that_nobody_reads,
    exposures_that_say_too_little,
    exposures_of_what_is_not_public,
]
