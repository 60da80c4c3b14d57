"""dbt in this process, over a scratch database."""

from pathlib import Path

from orchestration import settings
from orchestration.errors import AssayError
from orchestration.warehouse.build import PROJECT_DIR, dbt_session
from orchestration.warehouse.connection import write_dbt_profiles

_SILENT = ("--log-level", "none", "--log-level-file", "none")


def bench_folder() -> Path:
    """For what a measurement writes, below ASSAY_HOME."""
    folder = settings.load().home / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run_dbt(
    url: str, args: list[str], project: Path = PROJECT_DIR, profiles: Path | None = None
) -> dict[str, float]:
    """Seconds a model. What it writes goes below ASSAY_HOME, or into the project that a bench made."""
    from dbt.cli.main import dbtRunner

    folder = bench_folder() / "dbt" if project == PROJECT_DIR else project
    paths = {
        "--project-dir": project,
        "--profiles-dir": profiles or write_dbt_profiles(),
        "--target-path": folder / "target",
        "--log-path": folder / "logs",
    }
    with dbt_session(url):
        given = [str(part) for option in paths.items() for part in option]
        outcome = dbtRunner().invoke([*args, *given, *_SILENT])
    if outcome.exception is not None:
        raise AssayError(f"dbt {args[0]}: {outcome.exception}")
    results = list(getattr(outcome.result, "results", []))
    failed = [f"{each.node.name}: {each.message}" for each in results if each.status == "error"]
    if failed:
        raise AssayError(f"dbt {args[0]}: {'; '.join(failed)}")
    return {each.node.name: each.execution_time for each in results}
