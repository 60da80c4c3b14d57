"""The dbt project as Dagster sees it."""

import sys
from pathlib import Path

from dagster_dbt import DbtCliResource, DbtProject

from orchestration.settings import PROJECT_DIR
from orchestration.warehouse.build import ensure_manifest
from orchestration.warehouse.connection import write_dbt_profiles

manifest = ensure_manifest()

project = DbtProject(
    project_dir=PROJECT_DIR,
    target_path=manifest.parent,
    profiles_dir=write_dbt_profiles(),
)

dbt_resource = DbtCliResource(
    project_dir=project,
    # The dbt of this Python: whoever starts Dagster may not have its folder in PATH.
    dbt_executable=str(Path(sys.executable).with_name("dbt")),
)
