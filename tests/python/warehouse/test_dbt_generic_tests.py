"""Each of our generic dbt tests passes on good rows and fails on bad ones."""

import json
import shutil
from pathlib import Path

import pytest

from orchestration.settings import PROJECT_DIR
from orchestration.warehouse.build import dbt_session
from orchestration.warehouse.server import EmbeddedServer

# Good rows and bad rows for a test with its arguments; the last is the number of bad ones it must find.
Case = tuple[str, dict[str, object], str, str, int]
CASES: dict[str, Case] = {
    "unique_grain": (
        "unique_grain",
        {"columns": ["a", "b"]},
        "select 1 as a, 1 as b union all select 1, 2 union all select 2, 1 union all select null, 1",
        "select 1 as a, 1 as b union all select 1, 1 union all select 3, null union all select 3, null",
        2,
    ),
    "sums_to": (
        "sums_to",
        {"total": "t", "parts": ["a", "b"]},
        "select 3 as t, 1 as a, 2 as b union all select 1, 1, null union all select null, null, null",
        "select 4 as t, 1 as a, 2 as b union all select null, 1, null union all select 0, null, null",
        3,
    ),
    "never_null": (
        "never_null",
        {"columns": ["a", "b"]},
        "select 0 as a, '' as b, null as c",
        "select null::int as a, 1 as b union all select 1, null union all select null, null",
        3,
    ),
    "in_range": (
        "in_range",
        {"columns": ["a", "b"], "lowest": 0, "highest": 1},
        "select 0.0 as a, 1 as b union all select 1, 0 union all select 0.5, null",
        "select -0.1 as a, 0 as b union all select 'NaN', 1 union all select 0, 2",
        3,
    ),
    "in_range_without_an_upper_end": (
        "in_range",
        {"columns": ["a"], "lowest": 0},
        "select 0 as a union all select 1000000",
        "select -1.0 as a union all select 'NaN'",
        2,
    ),
    "in_range_without_a_lower_end": (
        "in_range",
        {"columns": ["a"], "highest": 0},
        "select 0 as a union all select -1000000",
        "select 1 as a",
        1,
    ),
    "present_exactly_when": (
        "present_exactly_when",
        {"columns": ["a", "c"], "condition": "b = 'x'"},
        "select 1 as a, 'x' as b, 2 as c union all select null, 'y', null",
        "select 1 as a, 'y' as b, null::int as c union all select null, 'x', 1"
        " union all select 1, 'x', null",
        3,
    ),
    "is_reason": (
        "is_reason",
        {"column_name": "a", "values": ["too_few"]},
        "select 'too_few' as a union all select 'not_said_by: litellm, otel' union all select null",
        "select 'few' as a union all select 'not_said_by: ' union all select 'litellm'",
        3,
    ),
    "names_the_row": (
        "names_the_row",
        {"key": "a", "problem": "b < 0", "says": "nothing is below zero"},
        "select 'x' as a, 0 as b union all select 'y', null",
        "select 'x' as a, -1 as b union all select 'y', 1 union all select 'z', -2",
        2,
    ),
}


def _write_project(folder: Path) -> None:
    (folder / "models").mkdir(parents=True)
    shutil.copytree(PROJECT_DIR / "tests/dbt/generic", folder / "tests/generic")
    (folder / "dbt_project.yml").write_text(
        "name: proof\nprofile: assay\nmodels: {+materialized: view}\n"
    )
    models = []
    for case, (test, arguments, good, bad, _) in CASES.items():
        for kind, rows in (("good", good), ("bad", bad)):
            (folder / f"models/{case}_{kind}.sql").write_text(rows)
            named = {test: {"name": f"{case}__{kind}", "arguments": arguments}}
            models.append({"name": f"{case}_{kind}", "data_tests": [named]})
    # JSON is YAML.
    (folder / "models/models.yml").write_text(json.dumps({"models": models}))


@pytest.fixture(scope="module")
def failures(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How many rows each test found."""
    from dbt.cli.main import dbtRunner

    folder = tmp_path_factory.mktemp("proof")
    _write_project(folder / "project")
    shutil.copyfile(PROJECT_DIR / "profiles.example.yml", folder / "profiles.yml")
    with dbt_session(server.url_of("postgres")):
        ran = dbtRunner().invoke(
            ["build", "--quiet", "--log-level", "none", "--project-dir", str(folder / "project"),
             "--profiles-dir", str(folder), "--log-path", str(folder / "logs")]
        )  # fmt: skip
    assert ran.exception is None
    results = json.loads((folder / "project/target/run_results.json").read_text())["results"]
    # unique_id is test.proof.<name>.<hash>, or model.proof.<name>
    return {result["unique_id"].split(".")[2]: result["failures"] for result in results}


@pytest.mark.parametrize("case", CASES)
def test_passes_on_good_rows(failures: dict[str, int], case: str) -> None:
    """Prevents a test that blocks marts for nothing."""
    assert failures[f"{case}__good"] == 0


@pytest.mark.parametrize("case", CASES)
def test_finds_every_bad_row(failures: dict[str, int], case: str) -> None:
    """Prevents a test that was never seen red."""
    assert failures[f"{case}__bad"] == CASES[case][4]


def test_every_generic_test_is_proven() -> None:
    """Prevents a new generic test without good and bad rows."""
    written = {path.stem for path in (PROJECT_DIR / "tests/dbt/generic").glob("*.sql")}
    assert {test for test, *_ in CASES.values()} == written
