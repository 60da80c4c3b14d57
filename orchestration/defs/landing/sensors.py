"""Lands what is dropped into the inbox."""

import json
from contextlib import closing
from dataclasses import astuple

import dagster as dg

from orchestration.defs.jobs.recorded import request
from orchestration.defs.jobs.runs import is_live
from orchestration.defs.landing.resources import Inbox
from orchestration.jobs.arrivals import Seen, is_landing, look
from orchestration.warehouse.connection import connect


@dg.sensor(
    job_name="land",
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Complete files in the inbox folder, and lines in landing.inbox, are landed.",
)
def inbox_sensor(context: dg.SensorEvaluationContext, inbox_resource: Inbox) -> dg.SensorResult:
    before = {path: Seen(*state) for path, state in json.loads(context.cursor or "{}").items()}
    with closing(connect(autocommit=True, application_name="assay sensor")) as session:
        found = look(inbox_resource.path, inbox_resource.settle_s, before, session)
        cursor = json.dumps({path: astuple(one) for path, one in found.seen.items()})
        if found.key is None:
            growing = f"; {found.growing} may still grow" if found.growing else ""
            return dg.SensorResult(skip_reason=f"Nothing complete waits{growing}.", cursor=cursor)
        if is_landing(session) or is_live(context.instance, "land"):
            return dg.SensorResult(skip_reason="Landing runs; the next look comes soon.", cursor=cursor)
        asked = request("land", found.key, session)
    if asked is None:
        reason = "What waits was given up, or cannot be read: `assay jobs dead`, `assay jobs replay`."
        return dg.SensorResult(skip_reason=reason, cursor=cursor)
    return dg.SensorResult(run_requests=[asked], cursor=cursor)
