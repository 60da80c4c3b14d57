"""A new price for calls of half a year: how long until every table says what a rebuild would."""

from typing import Any

import psycopg

from orchestration.bench.refresh import differing_rows, timed_refresh
from orchestration.errors import AssayError

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
    calls, cost = _priced(session)
    again = _reprice(session, 2)
    if _priced(session) != (calls, 2 * cost):
        raise AssayError("A price that is twice as high did not make every call twice as dear.")
    return {
        "reprice_rows": calls,
        "first_price_s_per_million": round(first / calls * 1000, 1),
        "reprice_s_per_million": round(again / calls * 1000, 1),
        "reprice_diff_rows": differing_rows(session),
    }


def _reprice(session: psycopg.Connection[Any], factor: int) -> float:
    session.execute(_STATE.encode(), (_EVER, factor, factor))
    return timed_refresh(session, max_rows=2**63 - 1)


def _priced(session: psycopg.Connection[Any]) -> tuple[int, int]:
    """Calls that have a computed cost, and what they cost."""
    query = "select count(computed_nanos), coalesce(sum(computed_nanos), 0)::bigint from core.fct_costs"
    calls, cost = session.execute(query).fetchall()[0]
    return calls, cost
