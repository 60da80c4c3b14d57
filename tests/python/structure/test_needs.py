"""What marts say they need is in the contract, and the columns that it fills are theirs."""

from typing import Any

from orchestration.landing.contract import KINDS, RetrievedDocument
from orchestration.sources.doctor import DOCUMENTS, ROWS, marts_of

# The marts that readers come for: of these, doctor has to know what fills them.
MUST = {
    "performance_overview", "model_usage", "user_engagement", "feature_usage", "retrieval_quality",
    "feedback_analysis", "safety_metrics", "complexity_analysis", "regression_alerts",
}  # fmt: skip


def test_every_dashboard_says_what_it_needs(manifest: dict[str, Any]) -> None:
    assert {mart.name for mart in marts_of(manifest)} >= MUST


def test_needs_name_fields_of_the_contract_and_columns_of_the_mart(manifest: dict[str, Any]) -> None:
    """A renamed field left a mart that nobody could fill, and a doctor who asked for it."""
    columns = {
        node["name"]: set(node["columns"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    for mart in marts_of(manifest):
        assert ROWS in mart.needs, mart.name
        assert set(mart.needs) - {ROWS} <= columns[mart.name], mart.name
        for need in (need for needs in mart.needs.values() for need in needs):
            for name in need.split("|"):
                kind, _, field = name.partition(".")
                struct: Any = RetrievedDocument if kind == DOCUMENTS else KINDS[kind]
                assert field in struct.__struct_fields__, (mart.name, name)
