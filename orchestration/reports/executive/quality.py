"""How well it works: what was asked and how much of it succeeded, and how long that took."""

from orchestration.reports.document import Chart, Section
from orchestration.reports.executive.desk import Desk
from orchestration.reports.executive.headlines import Figures
from orchestration.reports.figures import Cells

_DEMAND = Cells("performance_overview", ("day", "is_complete", "queries", "success_rate"), order="day")
_LATENCY = Cells(
    "performance_overview",
    ("day", "is_complete", "latency_p50_ms", "latency_p95_ms", "latency_p99_ms"),
    order="day",
)
_TARGET_MISSED = Cells(
    "performance_overview",
    (
        "count(*) filter (where success_target = 'missed')",
        "count(*) filter (where success_target in ('met', 'missed'))",
    ),
)


def section(desk: Desk, now: Figures) -> Section:
    say = desk.words
    missed, judged = desk.ledger.row(_TARGET_MISSED, desk.now)
    success = f"Success missed its target on {say.count(missed)} of {say.count(judged)} judged days."
    fast = f"{say.count(now.days_fast)} of {say.count(now.days_judged)}"
    speed = f"p95 kept its target on {fast} judged days."
    nothing = "No day had enough queries to be judged."
    return Section(
        "How well it works",
        [],
        [
            Chart(
                "demand",
                "Queries, and how many of them succeed",
                success if judged else nothing,
                desk.ledger.rows(_DEMAND, desk.now),
                desk.targets["success_rate"][1],
            ),
            Chart(
                "latency",
                "Time until the answer is complete, seconds",
                speed if now.days_judged else nothing,
                desk.ledger.rows(_LATENCY, desk.now),
                desk.targets["latency_p95"][1],
            ),
        ],
    )
