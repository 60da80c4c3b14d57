"""The jobs there are. An entry is all of a job but its part of the graph: see defs/jobs/jobs.py."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.jobs.ledger import Attempt

HOUR = 3600


@dataclass(frozen=True)
class Job:
    """`work` is "module:function", which returns how many rows it was about. `due_within_s` counts from
    the end of the period; None where there is no period."""

    work: str
    cadence: str
    limit_s: int
    due_within_s: int | None
    description: str


JOBS = {
    "land": Job(
        "orchestration.jobs.work:land_all",
        "on_arrival",
        limit_s=HOUR,
        due_within_s=None,
        description="Files of the inbox folder and lines of landing.inbox become rows.",
    ),
    "import_sources": Job(
        "orchestration.jobs.work:import_configured",
        "on_arrival",
        limit_s=HOUR,
        due_within_s=None,
        description="What is new in the databases of other systems that sources.yml names, as rows.",
    ),
    "refresh": Job(
        "orchestration.jobs.work:refresh",
        "on_arrival",
        limit_s=2 * HOUR,
        due_within_s=None,
        description="What waits is taken into the marts, where that takes longer than the sensor may.",
    ),
    "check": Job(
        "orchestration.jobs.work:check",
        "hourly",
        limit_s=600,
        due_within_s=HOUR // 2,
        description="What landed in the last hours is fit to be scored and reported.",
    ),
    "score": Job(
        "orchestration.jobs.work:score",
        "hourly",
        limit_s=HOUR,
        due_within_s=HOUR // 2,
        description="What landed is checked and scored, and what is learned of it brought up to date.",
    ),
    "build": Job(
        "orchestration.jobs.work:build",
        "nightly",
        limit_s=2 * HOUR,
        due_within_s=4 * HOUR,
        description="Every dbt model built and every test run.",
    ),
    "prove": Job(
        "orchestration.jobs.work:prove",
        "weekly",
        limit_s=2 * HOUR,
        due_within_s=12 * HOUR,
        description="Every stateful table equals what its definition says.",
    ),
    "report": Job(
        "orchestration.jobs.work:report",
        "monthly",
        limit_s=HOUR,
        due_within_s=96 * HOUR,  # it waits for the month's last logs
        description="The month's executive report of every workspace, as a page.",
    ),
    "prune": Job(
        "orchestration.jobs.work:prune",
        "monthly",
        limit_s=600,
        due_within_s=24 * HOUR,
        description="The operations log keeps thirteen months.",
    ),
}
SCHEDULED = [name for name, job in JOBS.items() if job.due_within_s is not None]


def work_of(name: str) -> "Callable[[Attempt], int | None]":
    module, function = JOBS[name].work.split(":")
    work: Callable[[Attempt], int | None] = getattr(import_module(module), function)
    return work
