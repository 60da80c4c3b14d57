"""How long a refresh of 4,000 new queries takes: in itself, and against the history behind it."""

import time
from statistics import median
from typing import Any

import psycopg

from orchestration.bench.timing import percentile, timed
from orchestration.bench.world import World
from orchestration.errors import AssayError
from orchestration.refresh.engine import MAX_ROWS, TARGET, refresh_once

_IDLE = 50
_MODELS_SHOWN = 60


def bench_slope(whole: World, tenth: World, pairs: int) -> tuple[dict[str, Any], list[float]]:
    """Side by side, so that whatever else the machine does meets both. Also what the whole one took."""
    times = [(refresh_hour(whole), refresh_hour(tenth)) for _ in range(pairs)]
    slope = median(of_whole / of_tenth for of_whole, of_tenth in times)
    return {
        "refresh_slope": round(slope, 2),
        "slope_pairs": pairs,
        "slope_whole_ms": round(median(of_whole for of_whole, _ in times), 1),
        "slope_tenth_ms": round(median(of_tenth for _, of_tenth in times), 1),
    }, [of_whole for of_whole, _ in times]


def bench_refresh(world: World, times: list[float], rounds: int) -> dict[str, Any]:
    """As many more as are missing; the times of the slope count."""
    times += [refresh_hour(world) for _ in range(rounds - len(times))]
    idle = [timed(lambda: refresh_once(world.session)) for _ in range(_IDLE)]
    return {
        "refresh_ms_p50": round(median(times), 1),
        "refresh_ms_p99": round(percentile(times, 0.99), 1),
        "refresh_rounds": len(times),
        "idle_ms": round(median(idle), 2),
        "dearest_models_ms": _dearest_models(world.session, len(times)),
    }


def refresh_hour(world: World) -> float:
    world.deliver_hour()
    return timed_refresh(world.session)


def timed_refresh(session: psycopg.Connection, max_rows: int = MAX_ROWS) -> float:
    """Of what was delivered. Where it is held a refresh has next to nothing to do."""
    began = time.perf_counter()
    done = refresh_once(session, TARGET, max_rows)
    milliseconds = (time.perf_counter() - began) * 1000
    if done.held or done.waiting or not done.admitted:
        raise AssayError(
            f"The refresh to be measured took in {done.admitted} batches, held {done.held}"
            f" and left {done.waiting} waiting."
        )
    return milliseconds


def differing_rows(session: psycopg.Connection) -> int:
    """Every table against its own definition."""
    rows = session.execute(
        "select coalesce(sum(missing + surplus), 0)::bigint from ops.differences(%s)", (TARGET,)
    ).fetchall()
    return int(rows[0][0])


def _dearest_models(session: psycopg.Connection, refreshes: int) -> dict[str, float]:
    return dict(
        session.execute(
            """select done ->> 'model', round(avg((done ->> 'ms')::numeric), 1)::float
               from ops.refresh_log, jsonb_array_elements(models) as done
               where refresh_id > (select max(refresh_id) - %s from ops.refresh_log)
               group by 1 order by 2 desc limit %s""",
            (refreshes, _MODELS_SHOWN),
        ).fetchall()
    )
