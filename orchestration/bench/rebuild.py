"""What it costs to make every table anew: by dbt, and by the same selects as `insert ... select`."""

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
    """Into empty tables of the same shape with the same indexes."""
    total = 0.0
    models = session.execute(
        "select schema_name || '.' || name, definition from ops.model"
        " where target = %s and kind <> 'view' order by depth, name",
        (TARGET,),
    ).fetchall()
    for name, definition in models:
        session.execute(f"create table public.bench_plain (like {name} including all)".encode())
        columns = session.execute(
            "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 and not attisdropped",
            (name,),
        ).fetchall()[0][0]
        statement = f"insert into public.bench_plain select {columns} from ({definition}) as plain"
        total += timed(partial(session.execute, statement.encode()))
        session.execute("drop table public.bench_plain")
    return total
