"""The same marts as stock incremental models of dbt, which is what most projects would have.

The project is copied and its two materializations are replaced by dbt's own. Models whose key has a
period (day, week, hour), the facts of one log each and what is one row a query become `incremental`:
a run reads what is not older than the latest row that may still come, and deletes and inserts by
`unique_key`. The others become `table`: sums over all time, a person's next active day, a person's
first week and a session that a late query extends reach beyond any look-back, so that an incremental
model would be wrong. Nothing is left in that slows it down: no docs, contracts, tests or hooks. Its
tables are compared with ours, and where they differ its time is of other marts: there is no figure.
"""

import re
import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import yaml

from orchestration.bench.dbt import bench_folder, run_dbt
from orchestration.bench.refresh import refresh_hour
from orchestration.bench.timing import timed
from orchestration.bench.world import LATE_DAYS, World
from orchestration.errors import AssayError
from orchestration.refresh.engine import TARGET
from orchestration.settings import PROJECT_DIR

_SCHEMA = "stock"
# Beside those whose key says it. These have a period in theirs, or are facts.
_TABLES = ("fct_sessions", "agg_user_retention", "agg_active_users_daily")
_LOOKED_BACK_ON = {"day", "billing_day", "week", "hour_at", "query_ref", "thread_ref"}
# A week more for what is joined: its partner may stand on the other side of the border.
_MACROS = """
{% macro changes(relation) %}(select *, 1 as sign from {{ recent(relation, LATE) }}){% endmacro %}
{% macro keyed(relation, columns, makes_rows=true, only=none) %}
    {{ recent(relation, LATE) }}
{% endmacro %}
{% macro looked_up(relation, told_by, columns) %}{{ relation }}{% endmacro %}
{% macro sums(relation) %}(select * from {{ recent(relation, LATE) }}){% endmacro %}
{% macro appeared(relation, columns, measure='entries') %}
    (
        select 1 as sign, {{ columns | join(', ') }}
        from {{ recent(relation, LATE) }} as cells
        where {{ measure }} > 0
    )
{% endmacro %}
{% macro joined(relation, columns, makes_rows=true, only=none) %}
    {{ recent(relation, LATE + 7) }}
{% endmacro %}

{% macro recent(relation, days) %}
    {%- set columns = adapter.get_columns_in_relation(relation) if execute else [] -%}
    {%- set names = columns | map(attribute='name') | list -%}
    {%- set times = ['day', 'week', 'hour_at', 'occurred_at'] | select('in', names) | list -%}
    {%- if is_incremental() and times -%}
        (select * from {{ relation }} where {{ times[0] }} >= (
            select date_trunc('week', max(landed_at) - interval '{{ days }} days') from landing.batch))
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{% endmacro %}
"""


def bench_stock(url: str, world: World, runs: int) -> dict[str, Any]:
    """Both take in the same hours. Ours is first, which also admits the batches for the other."""
    with tempfile.TemporaryDirectory(dir=bench_folder()) as folder:
        project = stock_project(Path(folder))
        run_dbt(url, ["seed"], project, project)
        first_ms = timed(lambda: run_dbt(url, ["run"], project, project))
        ours, stock = [], []
        for _ in range(runs):
            ours.append(refresh_hour(world))
            stock.append(timed(lambda: run_dbt(url, ["run"], project, project)))
    if differing := _differing_models(world.session):
        raise AssayError(f"Stock dbt says otherwise of {', '.join(differing)}.")
    return {
        "stock_dbt_ms": round(median(stock)),
        "stock_dbt_first_ms": round(first_ms),
        "refresh_vs_stock_dbt": round(median(stock) / median(ours), 1),
    }


def stock_project(folder: Path) -> Path:
    """A project and profile of dbt's that needs nothing from ours."""
    for part in ("models", "macros", "tests/dbt", "seeds"):
        shutil.copytree(PROJECT_DIR / part, folder / part)
    shutil.rmtree(folder / "macros" / "materializations")
    for file in folder.rglob("*.yml"):
        of_seeds = file.parent.name == "seeds"
        if not (of_seeds or file.name.startswith("_")) or file.name == "_macros.yml":
            file.unlink()
    for name in ("changes", "keyed", "looked_up", "sums", "appeared"):
        (folder / "macros" / "engine" / f"{name}.sql").unlink()
    (folder / "macros" / "stock.sql").write_text(_MACROS.replace("LATE", str(LATE_DAYS)))
    for model in (*folder.glob("models/core/*.sql"), *folder.glob("models/state/**/*.sql")):
        model.write_text(_stock_model(model.stem, model.read_text()))
    _write_settings(folder)
    return folder


def _stock_model(name: str, sql: str) -> str:
    if _is_whole(name, sql):
        stock = "materialized='table'"
    else:
        stock = "materialized='incremental', incremental_strategy='delete+insert'"
    sql = re.sub(r"materialized='touched'", stock, sql)
    if "materialized=" not in sql:
        sql = sql.replace("config(", f"config({stock}, ", 1)
    sql = re.sub(r"\bkey=\[", "unique_key=[", sql)
    driver, reads, others = sql.partition("keyed(")
    return driver + reads + others.replace("keyed(", "joined(") if name.startswith("fct_") else sql


def _is_whole(name: str, sql: str) -> bool:
    key = re.search(r"\bkey=\[(.*?)\]", sql, re.DOTALL)
    looks_back = key is None or bool(_LOOKED_BACK_ON & set(re.findall(r"\w+", key[1])))
    return name in _TABLES or not (looks_back or name.startswith(("fct_", "dim_")))


def _write_settings(folder: Path) -> None:
    project = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text())
    for hook in ("on-run-start", "on-run-end"):
        project.pop(hook)
    models = project["models"]["assay"]
    models["+persist_docs"] = {}
    models["marts"]["+contract"] = {"enforced": False}
    models["state"]["+materialized"] = "incremental"
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project))
    profile = yaml.safe_load((PROJECT_DIR / "profiles.example.yml").read_text())
    profile["assay"]["outputs"]["dev"]["schema"] = _SCHEMA
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))


def _differing_models(session: psycopg.Connection) -> list[str]:
    """Those of its tables that hold other rows than ours."""
    models = session.execute(
        "select name, schema_name from ops.model where target = %s and kind <> 'view' order by 1",
        (TARGET,),
    ).fetchall()
    differing = []
    for name, schema in models:
        columns = session.execute(
            "select string_agg(quote_ident(attname), ', ') from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 and not attisdropped",
            (f"{schema}.{name}",),
        ).fetchall()[0][0]
        ours = f"select {columns} from {schema}.{name}"
        theirs = f"select {columns} from {_SCHEMA}_{schema}.{name}"
        statement = (
            f"select exists (({ours} except all {theirs}) union all ({theirs} except all {ours}))"
        )
        if session.execute(statement.encode()).fetchone() == (True,):
            differing.append(name)
    return differing
