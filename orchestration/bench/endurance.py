"""Thousands of refreshes beside a reader that holds its snapshot for minutes, against a fresh build."""

from collections.abc import Callable
from statistics import median
from typing import Any

import psycopg

from orchestration.bench.readers import LongReader, beside
from orchestration.bench.refresh import timed_refresh
from orchestration.bench.scratch import scratch_world
from orchestration.bench.world import World
from orchestration.refresh.engine import TARGET
from orchestration.warehouse.build import build_models

# A hundred queries in two minutes. The history is small, so that what is measured is the wear.
_HISTORY = 100_000
_QUERIES, _MINUTES = 100, 2
_SNAPSHOT_S = 180.0
COMPARED = 50
# Smaller tables differ by a page here and there.
_LARGE = 4 * 1024 * 1024


def bench_endurance(
    refreshes: int, say: Callable[[str], None], history: int = _HISTORY
) -> dict[str, Any]:
    with (
        scratch_world("worn", history) as (worn_url, worn),
        scratch_world("fresh", history) as (fresh_url, fresh),
    ):
        build_models(worn_url)
        with beside(LongReader(worn_url, _SNAPSHOT_S).read):
            say(f"{refreshes} refreshes of {_QUERIES} queries beside an open snapshot")
            for _ in range(refreshes):
                _refresh(worn)
            say("a fresh build over the same logs")
            for _ in range(refreshes):
                fresh.deliver(_QUERIES, _MINUTES)
            fresh.session.execute("analyze")
            build_models(fresh_url)
            worn_bytes, fresh_bytes = _sizes(worn.session), _sizes(fresh.session)
            pairs = [(_refresh(worn), _refresh(fresh)) for _ in range(COMPARED)]
    return {
        "endured_refreshes": refreshes,
        **_latencies([pair[0] for pair in pairs], [pair[1] for pair in pairs]),
        **_growth(worn_bytes, fresh_bytes),
    }


def _latencies(worn: list[float], fresh: list[float]) -> dict[str, Any]:
    return {
        "endured_latency": round(median(worn) / median(fresh), 2),
        "endured_worn_ms": round(median(worn), 1),
        "endured_fresh_ms": round(median(fresh), 1),
    }


def _growth(worn: dict[str, int], fresh: dict[str, int]) -> dict[str, Any]:
    ratios = {name: worn[name] / size for name, size in fresh.items() if size >= _LARGE}
    worst = max(ratios, key=ratios.__getitem__, default="")
    return {
        "endured_size": round(sum(worn.values()) / sum(fresh.values()), 2),
        "endured_worst_table": [worst, round(ratios.get(worst, 0.0), 2)],
    }


def _refresh(world: World) -> float:
    world.deliver(_QUERIES, _MINUTES)
    return timed_refresh(world.session)


def _sizes(session: psycopg.Connection) -> dict[str, int]:
    """Tables with their indexes."""
    return dict(
        session.execute(
            "select name, pg_total_relation_size((schema_name || '.' || name)::regclass)"
            " from ops.model where target = %s and kind <> 'view'",
            (TARGET,),
        ).fetchall()
    )
