"""A small dbt project over the real macros and the real raw logs, for tests to change at will."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import yaml
from dbt.cli.main import dbtRunner
from dbt_common.behavior_flags import BehaviorFlagRendered

from orchestration.landing.lander import Lander
from orchestration.landing.limits import Limits
from orchestration.refresh.engine import Refreshed, refresh_all
from orchestration.settings import PROJECT_DIR
from orchestration.warehouse.build import dbt_session

# For each flag of each invocation dbt looks through all modules for whoever asked, to name it in a
# warning. In a process of many tests that took half of the time of a build.
_nobody = staticmethod(lambda: "tests")
BehaviorFlagRendered._default_source = _nobody  # type: ignore[method-assign]  # noqa: SLF001

STAGING = """
select event_key as query_key, batch_id, workspace, ts as occurred_at, status, latency_ms,
    {{ reference('workspace', 'coalesce(query_id, event_id)') }} as query_ref
from {{ source('raw', 'query_log') }} where {{ is_admitted('batch_id') }}
"""
STAGING_COSTS = """
select event_key as cost_key, batch_id, reported_cost,
    coalesce({{ reference('workspace', 'query_id') }}, event_key) as thread_ref
from {{ source('raw', 'cost_log') }} where {{ is_admitted('batch_id') }}
"""
FACT = """
{{ config(materialized='touched', key=['query_ref'], meta={'grain': ['query_key']}) }}
with costs as (
    select thread_ref, {{ to_nanos('sum(reported_cost)') }} as nanos
    from {{ keyed(ref('stg_costs'), 'thread_ref') }} as costs group by thread_ref
)
select queries.query_key, queries.query_ref, queries.workspace, queries.status, costs.nanos,
    {{ local_day('queries.occurred_at') }} as day
from {{ keyed(ref('stg_queries'), 'query_ref', makes_rows='always') }} as queries
left join costs on queries.query_ref = costs.thread_ref
"""
STATE = """
{{ config(materialized='additive', key=['workspace', 'day']) }}
select workspace, day, {{ sum_counts('sign') }} as entries,
    {{ count_where("status = 'ok'") }} as successes, {{ add_up('nanos') }} as nanos
from {{ changes(ref('fct')) }} as changes group by workspace, day
"""
SERVING = """
{{ config(materialized='touched', key=['workspace', 'day'], meta={'grain': ['workspace', 'day']}) }}
select workspace, day, successes * 1.0 / entries as success_rate
from {{ keyed(ref('agg'), ['workspace', 'day']) }} as sums
"""
MART = "select workspace, day, success_rate from {{ ref('srv') }}"
MODELS = {
    "stg_queries": STAGING,
    "stg_costs": STAGING_COSTS,
    "fct": FACT,
    "agg": STATE,
    "srv": SERVING,
    "mart": MART,
}
DELTA = """
{{ config(tags=['delta']) }}
select batch_id from {{ changes(ref('stg_queries')) }} as changes where latency_ms > 1000
"""
_SOURCES = {"sources": [{"name": "raw", "tables": [{"name": "query_log"}, {"name": "cost_log"}]}]}
_PROJECT = {
    "name": "assay",
    "version": "1.0",
    "config-version": 2,
    "profile": "assay",
    "model-paths": ["models"],
    "macro-paths": [str(PROJECT_DIR / "macros")],
    "test-paths": ["tests"],
    "flags": {"send_anonymous_usage_stats": False},
    "vars": {
        "warehouse_schema": "analytics",
        "reporting_timezone": "UTC",
    },
    "on-run-start": ["{{ assay.begin_build() }}"],
    "on-run-end": ["{{ assay.end_build() }}"],
    "models": {"assay": {"+schema": "house", "+materialized": "view"}},
}


# What dbt made of the first house of this process, for it to look in the next ones at what is new: it
# takes a second to read the macros, more than to build the house.
_read_before: list[bytes] = []


def query(event_id: str, ts: str = "2026-03-01T10:00:00Z", **more: Any) -> dict[str, Any]:
    return {"kind": "query", "event_id": event_id, "ts": ts, "status": "ok", **more}


def cost(event_id: str, query_id: str, dollars: str = "1", **more: Any) -> dict[str, Any]:
    base = {"kind": "cost", "event_id": event_id, "ts": "2026-03-01T10:00:00Z", "model": "m"}
    return base | {"query_id": query_id, "reported_cost": dollars} | more


@dataclass
class House:
    """A migrated database and a project of a few models."""

    url: str = field(repr=False)
    folder: Path
    target: str = "dev"

    def model(self, name: str, sql: str | None) -> None:
        path = self.folder / "models" / f"{name}.sql"
        if sql is None:
            path.unlink()
        else:
            path.write_text(sql)

    def check(self, name: str, sql: str) -> None:
        (self.folder / "tests" / f"{name}.sql").write_text(sql)

    def dbt(self, *args: str, target: str = "dev") -> dict[str, str]:
        """Status and message of every node that did not go well; empty when all did."""
        folders = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder)]
        quiet = ["--log-level", "none", "--target", target]
        read = self.folder / "target" / "partial_parse.msgpack"
        if _read_before and not read.exists():
            read.parent.mkdir(exist_ok=True)
            read.write_bytes(_read_before[0])
        with dbt_session(self.url):
            result = dbtRunner().invoke([*args, *folders, *quiet])
        if not _read_before and read.exists():
            _read_before.append(read.read_bytes())
        if result.exception is not None:
            return {"dbt": str(result.exception)}
        return {
            node.node.name: f"{node.status}: {node.message}"
            for node in getattr(result.result, "results", [])
            if str(node.status) not in ("success", "pass")
        }

    def build(self, *args: str, target: str = "dev") -> dict[str, str]:
        return self.dbt("build", *args, target=target)

    def compiled(self, name: str, sql: str) -> str:
        """What dbt makes of a model, for a test to run over whatever it likes."""
        self.model(name, sql)
        assert self.dbt("compile", "--select", name) == {}
        return (self.folder / "target" / "compiled" / "assay" / "models" / f"{name}.sql").read_text()

    def land(self, *lines: dict[str, Any]) -> None:
        path = self.folder / f"{uuid4().hex}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        with Lander(self.url, Limits()) as lander:
            lander.land_file(path, 0.0)

    def refresh(self) -> Refreshed:
        with psycopg.connect(self.url, autocommit=True) as session:
            return refresh_all(session)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as session:
            cursor = session.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str) -> Any:
        return self.rows(statement)[0][0]

    def differences(self) -> list[tuple[Any, ...]]:
        found = self.rows("select model, missing, surplus from ops.differences('analytics')")
        assert found, "nothing was compared"
        return [row for row in found if row[1] or row[2]]


@contextmanager
def house(url: str, folder: Path) -> Iterator[House]:
    for name in ("models", "tests"):
        (folder / name).mkdir()
    profiles = (PROJECT_DIR / "profiles.example.yml").read_text()
    (folder / "profiles.yml").write_text(profiles)
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(_PROJECT))
    (folder / "models" / "sources.yml").write_text(yaml.safe_dump(_SOURCES))
    made = House(url, folder)
    for name, sql in MODELS.items():
        made.model(name, sql)
    yield made
