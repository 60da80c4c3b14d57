"""The catalogue of insights and the models are the same list."""

import csv
import re
from pathlib import Path

import pytest

from orchestration.catalogue import Manifest, marts
from orchestration.settings import PROJECT_DIR

PREFIX = "int_insight_"


def _catalogue() -> list[dict[str, str]]:
    with (PROJECT_DIR / "seeds/insight_rules.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _built() -> set[str]:
    return {row["rule"] for row in _catalogue() if row["is_built"] == "true"}


def _rules_of(names: list[str]) -> set[str]:
    return {name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)} - {"windows"}


def differing(built: set[str], models: set[str], united: set[str]) -> list[str]:
    """Sentences about rules that stand in one list and not in another."""
    return [
        *(f"{rule} is built, but has no model" for rule in sorted(built - models)),
        *(f"{rule} has a model, but is not said to be built" for rule in sorted(models - built)),
        *(f"{rule} is not in the mart" for rule in sorted(models - united)),
        *(f"{rule} is in the mart without a model" for rule in sorted(united - models)),
    ]


def test_every_built_rule_has_a_model_and_every_model_a_rule(manifest: Manifest) -> None:
    """Prevents a rule that nobody asks, and a finding that no catalogue explains."""
    names = [node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    parents = manifest["nodes"]["model.assay.insights"]["depends_on"]["nodes"]
    united = _rules_of([parent.rsplit(".", 1)[1] for parent in parents])
    assert differing(_built(), _rules_of(names), united) == []
    assert _built()


@pytest.mark.parametrize(
    ("built", "models", "united", "says"),
    [
        ({"a", "b"}, {"a"}, {"a"}, "b is built, but has no model"),
        ({"a"}, {"a", "b"}, {"a", "b"}, "b has a model, but is not said to be built"),
        ({"a"}, {"a"}, set(), "a is not in the mart"),
    ],
)
def test_a_difference_is_seen(built: set[str], models: set[str], united: set[str], says: str) -> None:
    assert differing(built, models, united) == [says]


def test_every_rule_says_why_it_flags_and_when(manifest: Manifest) -> None:
    """Prevents a threshold without a story; what is not built says what it waits for."""
    for row in _catalogue():
        waits = "Waits for" if row["is_built"] == "false" else "Fires "
        assert re.match("Reason: .+", row["description"]), row["rule"]
        assert waits in row["description"], row["rule"]
    assert {"insights", "insight_catalogue"} <= {mart["name"] for mart in marts(manifest)}


def test_every_rule_is_tested_by_hand(manifest: Manifest) -> None:
    """Fires, just not, not judged: a unit test for each."""
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    assert {f"{PREFIX}{rule}" for rule in _built()} <= tested


def names_spoken(model: str) -> list[str]:
    """Columns in a title or description, other than numbers of `said_...` and counts."""
    found = []
    for spoken in re.findall(r"(?s)((?:(?!,\n).)*?)\s+as (?:title|description)\b", model):
        bare = re.sub(r"'[^']*'", "", spoken)
        found += re.findall(NAMES, bare)
    return found


NAMES = (
    r"\b(?:workspace|subject|surface|segment|guardrail|category|data_source|provider|model|label|feature"
    r"|group_name|group_kind|budget_id|owner|gap_id|finding_id|top_reasons|lever)\b"
)


def test_sentences_hold_no_names() -> None:
    """Prevents the name of a data source from reaching a sentence that goes into a mail or a page."""
    models = sorted(Path(PROJECT_DIR / "models/intermediate/insights").glob(f"{PREFIX}*.sql"))
    assert {path.stem: names_spoken(path.read_text()) for path in models} == {
        path.stem: [] for path in models
    }


def test_a_name_in_a_sentence_is_seen() -> None:
    sound = "select\n    workspace,\n    'A guardrail of ' || {{ said_number('a.checks') }}\n as title,"
    assert names_spoken(sound) == []
    assert names_spoken(sound.replace("'A guardrail of '", "a.guardrail")) == ["guardrail"]
