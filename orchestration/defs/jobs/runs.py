"""Runs of Dagster that are about some work, looked up by their tags."""

import dagster as dg

from orchestration.defs.jobs.recorded import JOB_TAG, KEY_TAG

# One that was made and not yet submitted is in none of these: asking again submits it.
_LIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_ENDED = [
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
]
_MOST = 20  # ended runs of one work that are looked at


def is_live(instance: dg.DagsterInstance, job: str, key: str | None = None) -> bool:
    """Whether a run of this job, or of this work of it, waits for its place or is on its way."""
    found = dg.RunsFilter(tags=_tags(job, key), statuses=_LIVE)
    return bool(instance.get_run_ids(found, limit=1))


def ended(instance: dg.DagsterInstance, job: str, key: str) -> list[dg.RunRecord]:
    """Runs of this work that are over, whether or not they ever began; the newest first."""
    over = dg.RunsFilter(tags=_tags(job, key), statuses=_ENDED)
    return [*instance.get_run_records(over, limit=_MOST)]


def _tags(job: str, key: str | None) -> dict[str, str]:
    return {JOB_TAG: job} | ({KEY_TAG: key} if key is not None else {})
