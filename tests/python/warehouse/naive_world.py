"""The small project of `engine_world` without the engine: what stock dbt makes of the same models."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import engine_world
import yaml
from engine_world import House
from reader_probes import READ_MODELS

from orchestration.settings import PROJECT_DIR

# The usual filter of an incremental model, which takes "newer" for "not seen yet".
NEWER_ONLY = """
{% if is_incremental() %}
where queries.occurred_at > (select max(standing.occurred_at) from {{ this }} as standing)
{% endif %}
"""


@dataclass
class NaiveHouse(House):
    """A refresh is a `dbt run`: model by model, each with a commit of its own."""

    def run(self) -> None:
        self.admit_all()
        assert self.dbt("run") == {}

    def rebuild(self) -> None:
        self.admit_all()
        assert self.dbt("build", "--full-refresh") == {}

    def admit_all(self) -> None:
        """Nobody checks batches here; they only have to be visible."""
        self.rows("select ops.admit(9223372036854775807)")

    def make_incremental(self) -> None:
        """The fact as most projects would write it."""
        fact = _stock(engine_world.FACT, "incremental")
        with_time = fact.replace("queries.status,", "queries.status, queries.occurred_at,")
        self.model("fct", with_time + NEWER_ONLY)

    def promise(self, *models: str) -> None:
        """Registers what each table has to equal, for `ops.differences` to compare as it does ours."""
        compiled = self.folder / "target" / "compiled" / "assay" / "models"
        self.rows("insert into ops.horizon (target, seq) values ('analytics', 9223372036854775807)")
        for depth, name in enumerate(models):
            self.rows(
                """insert into ops.model
                       (target, schema_name, name, kind, fingerprint, definition, depth)
                   values ('analytics', 'house', %s, 'touched', '', %s, %s)""",
                (name, (compiled / f"{name}.sql").read_text(), depth),
            )


@contextmanager
def naive_house(url: str, folder: Path) -> Iterator[NaiveHouse]:
    with engine_world.house(url, folder) as plain:
        project = yaml.safe_load((folder / "dbt_project.yml").read_text())
        macros = (PROJECT_DIR / "macros").iterdir()
        project["macro-paths"] = [str(path) for path in macros if path.name != "materializations"]
        del project["on-run-start"], project["on-run-end"]
        (folder / "dbt_project.yml").write_text(yaml.safe_dump(project))
        made = NaiveHouse(plain.url, plain.folder)
        for name, sql in engine_world.MODELS.items():
            made.model(name, _stock(sql, "table"))
        for name, sql in READ_MODELS.items():
            made.model(name, "{{ config(materialized='table') }}\n" + sql)
        yield made


def _stock(sql: str, materialized: str) -> str:
    return re.sub(r"materialized='\w+'.*\)", f"materialized='{materialized}')", sql)
