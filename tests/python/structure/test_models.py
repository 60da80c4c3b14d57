"""The dbt project keeps its own rules, and every rule can be broken."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import manifest_rules as rules
import pytest
from manifest_rules import RULES, Manifest

Rule = Callable[[Manifest], Iterator[str]]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(manifest: Manifest, rule: Rule) -> None:
    """Prevents a boundary, a name or a privacy class from being only a wish."""
    assert list(rule(manifest)) == []


def test_the_rules_look_at_every_layer_there_is(manifest: Manifest) -> None:
    """Prevents rules that pass because they found no models."""
    found = {rules.layer(node) for node in rules.models(manifest)}
    assert {"staging", "intermediate", "core", "marts"} <= found <= set(rules.LAYERS)


def _column(name: str, privacy: str) -> dict[str, Any]:
    return {"name": name, "description": "A column.", "config": {"meta": {"privacy": privacy}}}


def _model(path: str, group: str, reads: list[str], **more: Any) -> dict[str, Any]:
    folders, name = path.split("/")[:-1], path.split("/")[-1]
    return {
        "resource_type": "model",
        "package_name": "assay",
        "unique_id": f"model.assay.{name}",
        "name": name,
        "fqn": ["assay", *folders, name],
        "original_file_path": f"models/{path}.sql",
        "patch_path": f"assay://models/{path}.yml",
        "description": "A model.",
        "columns": {"id": _column("id", "pseudonym"), "body": _column("body", "none")},
        "config": {"meta": {"grain": ["id"]}},
        "contract": {"enforced": folders[0] == "marts"},
        "access": "public" if folders[0] == "marts" else "protected",
        "group": group,
        "depends_on": {"nodes": reads},
        "raw_code": "-- One row a thing.\nselect * from final\n",
    } | more


def _unique(model: str) -> dict[str, Any]:
    return {
        "resource_type": "test",
        "attached_node": f"model.assay.{model}",
        "config": {"severity": "ERROR"},
        "test_metadata": {"name": "unique", "kwargs": {"column_name": "id"}},
    }


@pytest.fixture
def tiny() -> Manifest:
    """A project with nothing wrong in it."""
    nodes = [
        _model("staging/native/stg_native__things", "core", ["source.assay.raw.thing_log"]),
        _model("core/fct_things", "core", ["model.assay.stg_native__things"]),
        _model("marts/cost/thing_costs", "cost", ["model.assay.fct_things"]),
        _model("marts/safety/thing_checks", "safety", ["model.assay.fct_things"]),
    ]
    macro = {
        "package_name": "assay",
        "name": "local_day",
        "original_file_path": "macros/dates/local_day.sql",
        "description": "The day.",
        "macro_sql": "{% macro local_day(moment='a', zones=[1, 2]) -%}",
        "arguments": [{"name": "moment"}, {"name": "zones"}],
    }
    return {
        "nodes": {node["unique_id"]: node for node in nodes}
        | {f"test.{node['name']}": _unique(node["name"]) for node in nodes},
        "sources": {"source.assay.raw.thing_log": {"resource_type": "source", "name": "thing_log"}},
        "macros": {"macro.assay.local_day": macro},
    }


def _mart(manifest: Manifest) -> dict[str, Any]:
    node: dict[str, Any] = manifest["nodes"]["model.assay.thing_costs"]
    return node


BREACHES: list[tuple[Rule, str, Callable[[Manifest], Any]]] = [
    (rules.reads_across_layers, "a mart reads staging",
     lambda m: _mart(m)["depends_on"]["nodes"].append("model.assay.stg_native__things")),
    (rules.reads_across_layers, "a mart reads a source",
     lambda m: _mart(m)["depends_on"]["nodes"].append("source.assay.raw.thing_log")),
    (rules.reads_across_layers, "a mart reads another area",
     lambda m: _mart(m)["depends_on"]["nodes"].append("model.assay.thing_checks")),
    (rules.reads_across_layers, "an intermediate model that is no insight reads a mart",
     lambda m: m["nodes"]["model.assay.fct_things"].update(
         fqn=["assay", "intermediate", "cost", "int_things"], name="int_things",
         original_file_path="models/intermediate/cost/int_things.sql",
         depends_on={"nodes": ["model.assay.thing_checks"]})),
    (rules.reads_across_layers, "staging reads a model",
     lambda m: m["nodes"]["model.assay.stg_native__things"]["depends_on"]["nodes"].append(
         "model.assay.fct_things")),
    (rules.named_against_its_layer, "a mart with a prefix",
     lambda m: _mart(m).update(name="rpt_thing_costs")),
    (rules.named_against_its_layer, "staging named after another source",
     lambda m: m["nodes"]["model.assay.stg_native__things"].update(name="stg_other__things")),
    (rules.without_a_yml_of_its_own, "one yml for a folder",
     lambda m: _mart(m).update(patch_path="assay://models/marts/cost/_models.yml")),
    (rules.without_a_yml_of_its_own, "no yml", lambda m: _mart(m).update(patch_path=None)),
    (rules.not_described, "a model without a description",
     lambda m: _mart(m).update(description=" ")),
    (rules.not_described, "a column without a description",
     lambda m: _mart(m)["columns"]["id"].update(description="")),
    (rules.without_a_proven_grain, "no grain", lambda m: _mart(m)["config"]["meta"].clear()),
    (rules.without_a_proven_grain, "a grain of no column",
     lambda m: _mart(m)["config"]["meta"].update(grain=["day"])),
    (rules.without_a_proven_grain, "no test", lambda m: m["nodes"].pop("test.thing_costs")),
    (rules.without_a_proven_grain, "a test that only warns",
     lambda m: m["nodes"]["test.thing_costs"]["config"].update(severity="warn")),
    (rules.without_a_proven_grain, "a test of another column",
     lambda m: m["nodes"]["test.thing_costs"]["test_metadata"]["kwargs"].update(
         column_name="body")),
    (rules.without_a_privacy_class, "a new column without a class",
     lambda m: _mart(m)["columns"]["id"]["config"]["meta"].clear()),
    (rules.without_a_privacy_class, "a class that does not exist",
     lambda m: _mart(m)["columns"]["id"]["config"]["meta"].update(privacy="public")),
    (rules.without_a_privacy_class, "content in a mart",
     lambda m: _mart(m)["columns"]["body"]["config"]["meta"].update(privacy="content")),
    (rules.without_a_privacy_class, "a person in a mart",
     lambda m: _mart(m)["columns"]["body"]["config"]["meta"].update(privacy="personal")),
    (rules.marts_without_a_contract, "a mart without a contract",
     lambda m: _mart(m)["contract"].update(enforced=False)),
    (rules.marts_that_are_not_public, "a mart that only its group may read",
     lambda m: _mart(m).update(access="private")),
    (rules.marts_that_are_not_public, "a fact that everybody may read",
     lambda m: m["nodes"]["model.assay.fct_things"].update(access="public")),
    (rules.outside_its_group, "no group", lambda m: _mart(m).update(group=None)),
    (rules.outside_its_group, "the group of another area",
     lambda m: _mart(m).update(group="safety")),
    (rules.too_long, "a long model", lambda m: _mart(m).update(raw_code="x\n" * 141)),
    (rules.too_long, "a long macro",
     lambda m: m["macros"]["macro.assay.local_day"].update(macro_sql="x\n" * 61)),
    (rules.undocumented_macros, "a macro without a description",
     lambda m: m["macros"]["macro.assay.local_day"].update(description="")),
    (rules.arguments_of_another_macro, "an argument without a description",
     lambda m: m["macros"]["macro.assay.local_day"]["arguments"].pop()),
    (rules.arguments_of_another_macro, "a description of no argument",
     lambda m: m["macros"]["macro.assay.local_day"].update(macro_sql="{% macro local_day(moment) %}")),
    (rules.hard_to_read, "no grain at the top",
     lambda m: _mart(m).update(raw_code="with x as (select 1)\nselect * from final\n")),
    (rules.hard_to_read, "logic in the last line",
     lambda m: _mart(m).update(raw_code="-- One row.\nselect a from final\n")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "_what", "breach"), BREACHES, ids=[what for _, what, _ in BREACHES])
def test_the_rule_sees_a_breach(
    tiny: Manifest, rule: Rule, _what: str, breach: Callable[..., Any]
) -> None:
    """Prevents a rule that is green whatever the project does."""
    broken = copy.deepcopy(tiny)
    breach(broken)
    assert list(rule(tiny)) == []
    assert len(list(rule(broken))) == 1


@pytest.mark.parametrize(
    "code",
    [
        "select distinct on (a) a from b",
        "select generate_series(1, 2)",
        "select unnest(a) from b",
        "select a ->> 'x' from b",
        "select cast(a as text) from b",
        "select cast(a as timestamptz) from b",
        "select array_agg(a order by b) from c",
        "select extract(epoch from a) from b",
        "delete from a",
        "MERGE INTO a",
        "insert into a select 1 on conflict do nothing",
        "select a::bigint from b",
        "select a at time zone 'UTC' from b",
    ],
)
def test_a_model_that_fails_on_spark_is_seen(tiny: Manifest, code: str) -> None:
    """Prevents a model that another engine refuses, found only on the day of the move."""
    _mart(tiny)["raw_code"] = f"-- One row.\n{code}\n"
    assert len(list(rules.not_portable(tiny))) == 1


@pytest.mark.parametrize(
    "code", ["-- unnest would do, but Spark has none", "{# delete from #}", "select texts from b"]
)
def test_only_code_is_judged(tiny: Manifest, code: str) -> None:
    """Prevents a comment that explains why something is avoided from failing the build."""
    _mart(tiny)["raw_code"] = f"-- One row.\n{code}\n"
    assert list(rules.not_portable(tiny)) == []


def test_every_rule_is_shown_to_fail() -> None:
    """Prevents a new rule without a proof that it can fail."""
    shown = {rule for rule, _, _ in BREACHES} | {rules.not_portable}
    assert shown == set(RULES)
