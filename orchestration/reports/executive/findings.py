"""What stands out, and what to do about it: the gravest insights of the period."""

from orchestration.reports.document import Finding, Section
from orchestration.reports.executive.desk import Desk
from orchestration.reports.figures import Cells

_INSIGHTS = Cells(
    "insights",
    (
        "title",
        "severity",
        "description",
        "recommendation",
        "impact_usd",
        "evidence_mart",
        "nullif(subject, 'all')",
    ),
    where="period_start <= %(last)s and period_end > %(first)s",
    by=None,
    order="array_position(array['critical', 'high', 'medium', 'low'], severity),"
    " impact_usd desc nulls last, insight_id limit 8",
)


def section(desk: Desk) -> Section:
    say = desk.words
    found = [
        Finding(
            say.quoted(title),
            severity,
            say.quoted(description),
            say.quoted(recommendation),
            f"marts.{mart}" if subject is None else f"marts.{mart}: {say.quoted(subject)}",
            "" if impact is None else say.money(impact),
        )
        for title, severity, description, recommendation, impact, mart, subject in desk.ledger.rows(
            _INSIGHTS, desk.now
        )
    ]
    nothing = "No rule of marts.insight_catalogue found anything in this period."
    return Section("What to do", [] if found else [nothing], found)
