"""Rules of the dbt project, as functions from a manifest to sentences about what breaks them."""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

Manifest = dict[str, Any]
Node = dict[str, Any]

LAYERS = ("staging", "intermediate", "core", "state", "marts")
MAY_READ = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate", "core", "state"},
    "core": {"staging", "intermediate", "core"},
    "state": {"intermediate", "core", "state"},
    "marts": {"intermediate", "core", "state"},  # and their own area
}
NAMES = {
    "staging": r"stg_[a-z0-9]+__[a-z0-9_]+",
    "intermediate": r"int_[a-z0-9_]+",
    "core": r"(fct|dim)_[a-z0-9_]+",
    "state": r"(agg|srv)_[a-z0-9_]+",
    "marts": r"(?!(stg|int|fct|dim|agg|srv|rpt)_)[a-z][a-z0-9_]+",
}
PRIVACY = {"content", "personal", "pseudonym", "none"}
NOT_IN_MARTS = {"content", "personal"}
MODEL_LINES, MACRO_LINES = 140, 60  # the widest facts list their columns one a line
# What fails on Spark. Each has to stand in a macro that dispatches.
NOT_PORTABLE = {
    "distinct on": r"\bdistinct\s+on\b",
    "generate_series": r"\bgenerate_series\b",
    "unnest": r"\bunnest\b",
    "->>": r"->>",
    "the type name text": r"(\bas\s+text\b\s*[,)])|(::\s*text\b)",
    "the type name timestamptz": r"\btimestamptz\b",
    "array_agg with an order": r"\barray_agg\s*\([^)]*\border\s+by\b",
    "extract(epoch": r"\bextract\s*\(\s*epoch\b",
    "delete": r"\bdelete\s+from\b",
    "merge": r"\bmerge\s+into\b",
    "on conflict": r"\bon\s+conflict\b",
    "a cast by ::": r"::",
    "at time zone": r"\bat\s+time\s+zone\b",
}

_SIGNATURE = re.compile(r"\{%-?\s*macro \w+\((.*?)\)\s*-?%\}", re.DOTALL)
_ARGUMENT = re.compile(r"(?:^|,)\s*([a-z_]\w*)\s*(?==|,|$)")  # a default may be a list


def models(manifest: Manifest) -> Iterator[Node]:
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["package_name"] == "assay":
            yield node


def layer(node: Node) -> str:
    return "source" if node["resource_type"] == "source" else str(node["fqn"][1])


def area(node: Node) -> str:
    return str(node["fqn"][2])


def reads_across_layers(manifest: Manifest) -> Iterator[str]:
    everything = manifest["nodes"] | manifest["sources"]
    for node in models(manifest):
        for parent_id in node["depends_on"]["nodes"]:
            parent = everything[parent_id]
            if parent["resource_type"] not in ("model", "source"):
                continue  # a seed is a lookup, for every layer
            # Governance checks what the other marts say, so it has to read them.
            own_area = layer(node) == layer(parent) == "marts" and (
                area(node) in (area(parent), "governance")
            )
            # An insight is told from what readers see, so that they can look it up.
            told = (layer(node), area(node), layer(parent)) == ("intermediate", "insights", "marts")
            if layer(parent) not in MAY_READ[layer(node)] and not (own_area or told):
                yield f"{node['name']} ({layer(node)}) reads {parent['name']} ({layer(parent)})"


def named_against_its_layer(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        pattern = NAMES[layer(node)]
        if layer(node) == "staging":
            pattern = pattern.replace("[a-z0-9]+", area(node), 1)
        if not re.fullmatch(pattern, node["name"]):
            yield f"{node['name']} is no name for {node['original_file_path']}"


def without_a_yml_of_its_own(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        beside = PurePosixPath(node["original_file_path"]).with_suffix(".yml")
        if node["patch_path"] != f"assay://{beside}":
            yield f"{node['name']} is described in {node['patch_path']}, not in {beside}"


def not_described(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        if not node["description"].strip():
            yield node["name"]
        for column in node["columns"].values():
            if not column["description"].strip():
                yield f"{node['name']}.{column['name']}"


def without_a_proven_grain(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        grain = node["config"]["meta"].get("grain")
        if not grain:
            yield f"{node['name']} states no grain"
        elif not set(grain) <= set(node["columns"]):
            yield f"{node['name']} has no columns {grain}"
        elif not any(_proves(test, grain) for test in _tests_of(manifest, node)):
            yield f"{node['name']} has no test that its grain {grain} is unique"


def _tests_of(manifest: Manifest, node: Node) -> Iterator[Node]:
    for test in manifest["nodes"].values():
        if test["resource_type"] == "test" and test.get("attached_node") == node["unique_id"]:
            yield test


def _proves(test: Node, grain: list[str]) -> bool:
    metadata = test["test_metadata"]
    if test["config"]["severity"].lower() != "error":
        return False
    if metadata["name"] == "unique":
        return bool([metadata["kwargs"]["column_name"]] == grain)
    return metadata["name"] == "unique_grain" and set(metadata["kwargs"]["columns"]) == set(grain)


def without_a_privacy_class(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        for column in node["columns"].values():
            privacy = column["config"]["meta"].get("privacy")
            if privacy not in PRIVACY:
                yield f"{node['name']}.{column['name']} has the privacy class {privacy}"
            elif layer(node) == "marts" and privacy in NOT_IN_MARTS:
                yield f"{node['name']}.{column['name']} shows {privacy} in a mart"


def marts_without_a_contract(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        if layer(node) == "marts" and not node["contract"]["enforced"]:
            yield node["name"]


def marts_that_are_not_public(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        if (layer(node) == "marts") != (node["access"] == "public"):
            yield f"{node['name']} ({layer(node)}) is {node['access']}"


def outside_its_group(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        expected = area(node) if layer(node) == "marts" else None
        if not node["group"] or (expected and node["group"] != expected):
            yield f"{node['name']} is in group {node['group']}"


def too_long(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        lines = len(node["raw_code"].splitlines())
        if lines > MODEL_LINES:
            yield f"{node['name']}: {lines} lines"
    for macro in manifest["macros"].values():
        lines = len(macro["macro_sql"].splitlines())
        if macro["package_name"] == "assay" and lines > MACRO_LINES:
            yield f"{macro['name']}: {lines} lines"


def undocumented_macros(manifest: Manifest) -> Iterator[str]:
    for macro in _documented_macros(manifest):
        if not macro["description"].strip():
            yield macro["name"]


def arguments_of_another_macro(manifest: Manifest) -> Iterator[str]:
    for macro in _documented_macros(manifest):
        signature = _SIGNATURE.search(macro["macro_sql"])
        if signature is None:
            continue  # a materialization
        takes = _ARGUMENT.findall(signature[1])
        if takes != [argument["name"] for argument in macro["arguments"]]:
            yield f"{macro['name']} takes {', '.join(takes) or 'nothing'}"


def _documented_macros(manifest: Manifest) -> Iterator[Node]:
    """Dispatched variants are documented by the macro that dispatches to them."""
    for macro in manifest["macros"].values():
        internal = "__" in macro["name"] or macro["original_file_path"].startswith("tests/")
        if macro["package_name"] == "assay" and not internal:
            yield macro


def not_portable(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        code = _without_comments(node["raw_code"]).lower()
        for what, pattern in NOT_PORTABLE.items():
            if re.search(pattern, code):
                yield f"{node['name']} uses {what}"


def hard_to_read(manifest: Manifest) -> Iterator[str]:
    """Grain and reason first, named steps, and a last line that says which step is the answer."""
    for node in models(manifest):
        lines = node["raw_code"].rstrip().splitlines()
        if not lines[0].startswith("--"):
            yield f"{node['name']} does not begin with its grain"
        if not re.fullmatch(r"select \* from [a-z_]+", lines[-1]):
            yield f"{node['name']} does not end with `select * from <step>`"


def _without_comments(code: str) -> str:
    return re.sub(r"--[^\n]*|\{#.*?#\}", "", code, flags=re.DOTALL)


RULES: list[Callable[[Manifest], Iterator[str]]] = [
    reads_across_layers,
    named_against_its_layer,
    without_a_yml_of_its_own,
    not_described,
    without_a_proven_grain,
    without_a_privacy_class,
    marts_without_a_contract,
    marts_that_are_not_public,
    outside_its_group,
    too_long,
    undocumented_macros,
    arguments_of_another_macro,
    not_portable,
    hard_to_read,
]
