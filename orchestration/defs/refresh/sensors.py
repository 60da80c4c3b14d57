"""Keeps the marts fresh where no watcher does, and shows every refresh, whoever ran it."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta

import dagster as dg

from orchestration.defs.dbt.assets import dbt_models
from orchestration.defs.dbt.translator import FRESH_WITHIN
from orchestration.refresh import heal
from orchestration.warehouse.connection import connect

REPORT_EVERY_S = 60.0
# Under the minute that Dagster gives a tick.
_STATEMENT_LIMIT_MS = 50_000
_FRESHNESS = "data_freshness"

_KEYS = {".".join(key.path): key for key in dbt_models.keys}
_FRESHNESS_KEY = next(key for name, key in _KEYS.items() if name.endswith(f".{_FRESHNESS}"))


@dg.sensor(
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Calls ops.refresh() for batches that no watcher takes in, and reports what refreshes changed,"
        " at most once a minute."
    ),
)
def refresh_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    cursor = json.loads(context.cursor or "{}")
    with closing(connect(autocommit=True, application_name="assay sensor")) as session:
        session.execute(f"set statement_timeout = {_STATEMENT_LIMIT_MS}".encode())
        healed = heal.heal(session)
        said = f"{healed.admitted} batches taken in, {healed.held} held. " if healed else ""
        newest = heal.newest_refresh(session)
        # The first tick reports what was done since anybody can remember: nothing.
        after = cursor.get("refresh_id", newest)
        if time.time() - cursor.get("reported_at", 0.0) < REPORT_EVERY_S:
            return dg.SensorResult(
                skip_reason=f"{said}Reports come once a minute.", cursor=json.dumps(cursor)
            )
        news, lags = heal.news(session, after, newest), heal.lags(session)
    events: list[dg.AssetMaterialization] = [*_materializations(news), *_freshness(lags)]
    return dg.SensorResult(
        asset_events=events,
        skip_reason=None if events else f"{said}Rows wait for longer than the target.",
        cursor=json.dumps({"refresh_id": newest, "reported_at": time.time()}),
    )


def _materializations(news: Sequence[heal.ModelNews]) -> Iterator[dg.AssetMaterialization]:
    for model in news:
        if (key := _KEYS.get(model.name)) is not None:
            yield dg.AssetMaterialization(
                asset_key=key,
                description="Refreshed in place.",
                metadata={
                    "refreshes": model.refreshes,
                    "rows_in": model.rows_in,
                    "rows_written": model.rows_written,
                    "ms": model.ms,
                    "refreshed_at": dg.MetadataValue.timestamp(model.ended_at),
                },
            )


def _freshness(lags: Sequence[heal.LogLag]) -> Iterator[dg.AssetMaterialization]:
    """Says that no row waits for longer than the target. Where one does, nothing is said, and Dagster's
    freshness policy turns red."""
    target_ms = FRESH_WITHIN / timedelta(milliseconds=1)
    if all((lag.waiting_ms or 0) <= target_ms for lag in lags):
        yield dg.AssetMaterialization(
            asset_key=_FRESHNESS_KEY,
            description="Nothing that has landed waits for longer than the target.",
            metadata={
                f"{lag.log}_lag_ms": max(lag.worst_lag_ms or 0, lag.waiting_ms or 0)
                for lag in lags
                if lag.worst_lag_ms is not None or lag.waiting_ms is not None
            },
        )
