"""A new price for calls of half a year: how long until every table says what a rebuild would."""

from typing import Any

import psycopg

from orchestration.bench.refresh import differing_rows
from orchestration.bench.timing import timed
from orchestration.refresh.engine import TARGET

_EVER = "2015-01-01"
# Prices for the models of the world, as one batch that has just landed.
_STATE = """
    with batch as (select bench.batch(8, '2026-01-01'::timestamptz) as id)
    insert into raw.price_log (event_key, batch_id, line_no, event_id, ts, workspace, source, model,
        origin, valid_from, provider, above_input_tokens, withdrawn, input_price, output_price)
    select gen_random_uuid(), batch.id, model, 'price' || model, '2026-01-01', 'default', 'native',
        'model' || model, 'override', %s::timestamptz, 'provider' || model %% 2, 0, false,
        2 * %s, 10 * %s
    from batch cross join generate_series(0, 7) as model"""


def bench_reprice(session: psycopg.Connection[Any]) -> dict[str, Any]:
    """The first price of every call, then another for all of them: rows are retracted and inserted."""
    session.execute("select landing.ensure_partition('raw.price_log'::regclass, '2026-01-01')")
    first = _reprice(session, 1)
    again = _reprice(session, 2)
    calls = _count(session, "select count(*) from core.fct_costs where computed_nanos is not null")
    return {
        "reprice_rows": calls,
        "first_price_s_per_million": round(first / calls * 1000, 1),
        "reprice_s_per_million": round(again / calls * 1000, 1),
        "reprice_diff_rows": differing_rows(session),
    }


def _reprice(session: psycopg.Connection[Any], factor: int) -> float:
    session.execute(_STATE.encode(), (_EVER, factor, factor))
    return timed(lambda: session.execute("select ops.refresh(%s, 9223372036854775807)", (TARGET,)))


def _count(session: psycopg.Connection[Any], query: str) -> int:
    row = session.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0
