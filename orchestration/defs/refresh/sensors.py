"""Keeps the marts fresh where no watcher does, and shows every refresh, whoever ran it."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta

import dagster as dg
import psycopg
from psycopg import errors

from orchestration.defs.dbt.assets import dbt_models
from orchestration.defs.dbt.translator import FRESH_WITHIN
from orchestration.defs.jobs.recorded import request
from orchestration.defs.jobs.runs import is_live
from orchestration.refresh import heal
from orchestration.warehouse.connection import connect

# Dagster keeps what it is told for ever: 45 models a minute would be ten million events a year or more.
MODELS_EVERY_S = 600.0
FRESHNESS_EVERY_S = 60.0
# Under the minute that Dagster gives a tick.
_STATEMENT_LIMIT_MS = 50_000
# Waiting for others is no reason for a run, which would wait as well.
_LOCK_LIMIT_MS = 20_000
_FRESHNESS = "data_freshness"

_KEYS = {".".join(key.path): key for key in dbt_models.keys}
_FRESHNESS_KEY = next(key for name, key in _KEYS.items() if name.endswith(f".{_FRESHNESS}"))


@dg.sensor(
    job_name="refresh",
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Calls ops.refresh() for batches that no watcher takes in; asks for a run of `refresh` where"
        " that takes too long. Reports what refreshes changed, at most every ten minutes, and every"
        " minute that nothing waits."
    ),
)
def refresh_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    cursor = json.loads(context.cursor or "{}")
    with closing(connect(autocommit=True, application_name="assay sensor")) as session:
        session.execute(f"set statement_timeout = {_STATEMENT_LIMIT_MS}".encode())
        session.execute(f"set lock_timeout = {_LOCK_LIMIT_MS}".encode())
        said, asked = _heal(session, context.instance)
        newest = heal.newest_refresh(session)
        # The first tick reports what was done since anybody can remember: nothing.
        # A warehouse from an older backup, or made again, counts from lower than Dagster remembers.
        cursor["refresh_id"] = min(cursor.get("refresh_id", newest), newest)
        events: list[dg.AssetMaterialization] = []
        now = time.time()
        # After a quiet while the first refresh is reported at once.
        if now - cursor.get("models_at", 0.0) >= MODELS_EVERY_S and newest > cursor["refresh_id"]:
            events += _materializations(heal.news(session, cursor["refresh_id"], newest))
            cursor |= {"models_at": now, "refresh_id": newest}
        if now - cursor.get("freshness_at", 0.0) >= FRESHNESS_EVERY_S:
            events += _freshness(heal.lags(session))
            cursor["freshness_at"] = now
    return dg.SensorResult(
        asset_events=events,
        run_requests=asked,
        skip_reason=None if events or asked else f"{said}Nothing to report yet.",
        cursor=json.dumps(cursor),
    )


def _heal(session: psycopg.Connection, instance: dg.DagsterInstance) -> tuple[str, list[dg.RunRequest]]:
    """What was done, in words; and a run for what takes longer than a tick may."""
    if is_live(instance, "refresh"):
        return "A run refreshes. ", []
    try:
        healed = heal.heal(session)
    except errors.LockNotAvailable:
        return "A build, a proof or another refresh goes first. ", []
    except errors.QueryCanceled:
        asked = request("refresh", f"after {heal.newest_refresh(session)}", session)
        if asked:
            return "", [asked]
        return "The refresh takes long, and its run was given up: `assay jobs dead`. ", []
    return (f"{healed.admitted} batches taken in, {healed.held} held. " if healed else ""), []


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
