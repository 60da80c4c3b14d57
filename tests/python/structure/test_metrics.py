"""Each mart's numbers are in the catalogue with their facts, and each mart has readers."""

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import metric_rules as rules
import pytest
from metric_rules import RULES

from orchestration.catalogue import MARK, PAGE, Manifest, marts, page

Rule = Callable[[Manifest], Iterator[str]]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_marts_keep_the_rule(manifest: Manifest, rule: Rule) -> None:
    """Prevents a number whose formula, unit or sum nobody states, and a mart made for nobody."""
    assert list(rule(manifest)) == []


def test_the_page_is_what_the_yml_files_say(manifest: Manifest) -> None:
    """Prevents a catalogue that describes last month's marts. `make docs` renews it."""
    written = PAGE.read_text(encoding="utf-8")
    assert written == page(written, manifest)


def test_every_column_of_every_mart_is_on_the_page(manifest: Manifest) -> None:
    """Prevents a generator that leaves something out, and a test that compares it with itself."""
    sections = dict(
        re.findall(r"^### `marts\.(\w+)`\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    )
    assert set(sections) == {mart["name"] for mart in marts(manifest)}
    for mart in marts(manifest):
        documented = re.findall(r"^\| `(\w+)` \|", sections[mart["name"]], re.MULTILINE)
        assert sorted(documented) == sorted(mart["columns"])


def test_a_page_without_its_mark_is_refused(manifest: Manifest) -> None:
    """Prevents a generator that overwrites what people wrote, or writes twice."""
    with pytest.raises(ValueError, match="lost its mark"):
        page("# Metrics\n", manifest)
    assert page(f"By hand.\n{MARK}old", manifest).startswith(f"By hand.\n{MARK}\n## Performance\n")


_COUNT = {"unit": "queries", "formula": "count(query)", "adds_over": "all"}


def _column(name: str, data_type: str, metric: dict[str, Any] | None = None) -> dict[str, Any]:
    meta = {"metric": metric} if metric else {}
    return {"name": name, "data_type": data_type, "description": "", "config": {"meta": meta}}


@pytest.fixture
def tiny() -> Manifest:
    """One mart with nothing wrong in it."""
    columns = [
        _column("day", "date"),
        _column("workspace", "text"),
        _column("queries", "bigint", dict(_COUNT)),
        _column(
            "latency_p50_ms",
            "double precision",
            {"unit": "ms", "formula": "percentile(0.5, query.latency_ms)", "adds_over": "nothing"}
            | {"null_when": "none was measured"},
        ),
        _column(
            "new_users",
            "bigint",
            {"unit": "people", "formula": "count(distinct query.user_id)", "adds_over": ["day"]}
            | {"null_when": "never"},
        ),
    ]
    mart = {
        "resource_type": "model",
        "unique_id": "model.assay.overview",
        "name": "overview",
        "fqn": ["assay", "marts", "performance", "overview"],
        "config": {"meta": {"grain": ["day", "workspace"]}},
        "columns": {column["name"]: column for column in columns},
    }
    never_null = {
        "resource_type": "test",
        "attached_node": "model.assay.overview",
        "test_metadata": {"name": "never_null", "kwargs": {"columns": ["queries"]}},
    }
    exposure = {
        "name": "dashboard",
        "label": "Dashboard",
        "description": "What it shows.",
        "owner": {"name": "Warehouse"},
        "depends_on": {"nodes": ["model.assay.overview"]},
    }
    return {
        "nodes": {"model.assay.overview": mart, "test.never_null": never_null},
        "exposures": {"exposure.assay.dashboard": exposure},
        "macros": {},
    }


def _metric(manifest: Manifest, column: str = "queries") -> dict[str, Any]:
    metric: dict[str, Any] = _columns(manifest)[column]["config"]["meta"]["metric"]
    return metric


def _columns(manifest: Manifest) -> dict[str, Any]:
    columns: dict[str, Any] = manifest["nodes"]["model.assay.overview"]["columns"]
    return columns


def _test_of(name: str, column: str) -> dict[str, Any]:
    arguments = {"columns": [column], "condition": f"{column} is not null"}
    return {
        "resource_type": "test",
        "attached_node": "model.assay.overview",
        "test_metadata": {"name": name, "kwargs": arguments},
    }


def _exposure(manifest: Manifest) -> dict[str, Any]:
    exposure: dict[str, Any] = manifest["exposures"]["exposure.assay.dashboard"]
    return exposure


BREACHES: list[tuple[Rule, str, Callable[[Manifest], Any]]] = [
    (rules.numbers_without_facts, "a number that is no metric",
     lambda m: _columns(m)["queries"]["config"]["meta"].clear()),
    (rules.numbers_without_facts, "a text that is a metric",
     lambda m: _columns(m).update(status=_column("status", "text", _COUNT))),
    (rules.numbers_without_facts, "a metric without a unit", lambda m: _metric(m).pop("unit")),
    (rules.formulas_of_nothing, "a field that no line has",
     lambda m: _metric(m).update(formula="sum(query.tokens)")),
    (rules.formulas_of_nothing, "a column of another mart",
     lambda m: _metric(m).update(formula="count(query) / measured_queries")),
    (rules.formulas_of_nothing, "no source", lambda m: _metric(m).update(formula="a good estimate")),
    (rules.sums_over_what_is_no_column, "a column outside the grain",
     lambda m: _metric(m).update(adds_over=["surface"])),
    (rules.sums_over_what_is_no_column, "all of the grain, spelled out",
     lambda m: _metric(m).update(adds_over=["day", "workspace"])),
    (rules.sums_that_count_twice, "people over workspaces",
     lambda m: _metric(m, "new_users").update(adds_over=["workspace"])),
    (rules.sums_that_count_twice, "people over all",
     lambda m: _metric(m, "new_users").update(adds_over="all")),
    (rules.sums_that_count_twice, "percentiles",
     lambda m: _metric(m, "latency_p50_ms").update(adds_over=["day"])),
    (rules.sums_that_count_twice, "a rate",
     lambda m: _metric(m).update(formula="successes / queries")),
    (rules.units_against_their_name, "seconds in milliseconds",
     lambda m: _metric(m, "latency_p50_ms").update(unit="s")),
    (rules.empty_for_no_reason, "a null that nothing explains",
     lambda m: m["nodes"].pop("test.never_null")),
    (rules.conditions_of_themselves, "a number that is there when it is there",
     lambda m: m["nodes"].update(tautology=_test_of("present_exactly_when", "latency_p50_ms"))),
    (rules.marts_that_nobody_reads, "a mart without a reader",
     lambda m: _exposure(m)["depends_on"]["nodes"].clear()),
    (rules.exposures_that_say_too_little, "an invented person",
     lambda m: _exposure(m)["owner"].update(name="Jo")),
    (rules.exposures_that_say_too_little, "no description",
     lambda m: _exposure(m).update(description=" ")),
    (rules.exposures_of_what_is_not_public, "a fact",
     lambda m: _exposure(m)["depends_on"]["nodes"].append("model.assay.fct_queries")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "_what", "breach"), BREACHES, ids=[what for _, what, _ in BREACHES])
def test_the_rule_sees_a_breach(
    tiny: Manifest, rule: Rule, _what: str, breach: Callable[..., Any]
) -> None:
    """Prevents a rule that is green whatever the marts promise."""
    broken = copy.deepcopy(tiny)
    breach(broken)
    assert list(rule(tiny)) == []
    assert len(list(rule(broken))) == 1


def test_every_rule_is_shown_to_fail() -> None:
    """Prevents a new rule without a proof that it can fail."""
    assert {rule for rule, _, _ in BREACHES} == set(RULES)
