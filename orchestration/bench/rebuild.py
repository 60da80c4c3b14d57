"""What it costs to make every table anew: by dbt, and by the same selects as plain statements."""

import re
from functools import partial
from typing import Any

import psycopg

from orchestration.bench.dbt import run_dbt
from orchestration.bench.timing import timed
from orchestration.refresh.engine import TARGET


def bench_rebuild(url: str, session: psycopg.Connection, refresh_ms: float) -> dict[str, Any]:
    """A refresh is compared with the plain statements: whatever dbt adds does not flatter it."""
    tables = [
        name
        for (name,) in session.execute(
            "select name from ops.model where target = %s and kind <> 'view'", (TARGET,)
        )
    ]
    by_model = run_dbt(url, ["run", "--full-refresh", "--threads", "1", "--select", *tables])
    rebuild_ms = sum(by_model.values()) * 1000
    plain_ms = _plain_rebuild(session)
    return {
        "rebuild_ms": round(rebuild_ms),
        "plain_rebuild_ms": round(plain_ms),
        "rebuild_vs_plain": round(rebuild_ms / plain_ms, 2),
        "refresh_vs_rebuild": round(plain_ms / refresh_ms, 1),
    }


def _plain_rebuild(session: psycopg.Connection) -> float:
    """Into bare tables, and the same indexes afterwards: the cheapest way to the same thing."""
    models = session.execute(
        "select schema_name || '.' || name, definition from ops.model"
        " where target = %s and kind <> 'view' order by depth, name",
        (TARGET,),
    ).fetchall()
    return sum(_plain(session, name, definition) for name, definition in models)


def _plain(session: psycopg.Connection, name: str, definition: str) -> float:
    session.execute(f"create table public.bench_plain (like {name})".encode())
    columns = session.execute(
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 and not attisdropped",
        (name,),
    ).fetchall()[0][0]
    statements = [f"insert into public.bench_plain select {columns} from ({definition}) as plain"]
    for (index,) in session.execute(
        "select pg_get_indexdef(indexrelid) from pg_index where indrelid = %s::regclass", (name,)
    ):
        statements.append(re.sub(r"INDEX \S+ ON \S+", "INDEX ON public.bench_plain", index, count=1))
    milliseconds = sum(timed(partial(session.execute, each.encode())) for each in statements)
    session.execute("drop table public.bench_plain")
    return milliseconds
