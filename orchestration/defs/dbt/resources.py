"""The dbt project as Dagster sees it."""

import json
import sys
from functools import cached_property
from importlib import metadata
from pathlib import Path

from dagster_dbt import DbtCliResource, DbtProject
from packaging.version import Version

from orchestration.settings import PROJECT_DIR
from orchestration.warehouse.build import ensure_manifest
from orchestration.warehouse.connection import write_dbt_profiles

manifest = ensure_manifest()
_read = json.loads(manifest.read_text())

# Of (source, table): what it is, in dbt's words.
source_descriptions = {
    (str(one["source_name"]), str(one["name"])): str(one["description"])
    for one in _read["sources"].values()
}
stateful_models = {
    str(one["name"])
    for one in _read["nodes"].values()
    if one["resource_type"] == "model" and one["config"]["materialized"] in ("touched", "additive")
}

# Of a model or seed that is stored: its schema and its name.
stored_relations = {
    unique_id: (str(one["schema"]), str(one["alias"]))
    for unique_id, one in _read["nodes"].items()
    if one["resource_type"] in ("model", "seed") and one["config"]["materialized"] != "view"
}

project = DbtProject(
    project_dir=PROJECT_DIR,
    target_path=manifest.parent,
    profiles_dir=write_dbt_profiles(),
)


class Dbt(DbtCliResource):
    @cached_property
    def _cli_version(self) -> Version:
        """Without `dbt --version`, which asks a server for the newest one and takes seconds."""
        return Version(metadata.version("dbt-core"))


dbt_resource = Dbt(
    project_dir=project,  # type: ignore[arg-type] # its validator takes either
    # The dbt of this Python: whoever starts Dagster may not have its folder in PATH.
    dbt_executable=str(Path(sys.executable).with_name("dbt")),
)
