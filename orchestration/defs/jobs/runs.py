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


def is_live(instance: dg.DagsterInstance, job: str, key: str | None = None) -> bool:
    """Whether a run of this job, or of this work of it, waits for its place or is on its way."""
    found = dg.RunsFilter(tags=_tags(job, key), statuses=_LIVE)
    return bool(instance.get_run_ids(found, limit=1))


def last_ended(instance: dg.DagsterInstance, job: str, key: str) -> str | None:
    """The newest run of this work that is over, whether or not it ever began."""
    found = instance.get_run_ids(dg.RunsFilter(tags=_tags(job, key), statuses=_ENDED), limit=1)
    return found[0] if found else None


def _tags(job: str, key: str | None) -> dict[str, str]:
    return {JOB_TAG: job} | ({KEY_TAG: key} if key is not None else {})
