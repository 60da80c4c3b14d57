"""The tiles at the top: a figure, its target, and the period before."""

from dataclasses import dataclass
from typing import Any

from orchestration.reports.document import Headline, Verdict
from orchestration.reports.executive.desk import Desk, part
from orchestration.reports.figures import Cells, Period, Value
from orchestration.reports.wording import NOTHING

_TOTALS = Cells(
    "performance_overview",
    (
        "sum(queries)",
        "sum(successes)",
        "sum(queries - cancelled)",
        "count(*) filter (where latency_target = 'met')",
        "count(*) filter (where latency_target in ('met', 'missed'))",
        "max(latency_p95_ms)",
    ),
)
_SPEND = Cells(
    "spend_overview",
    ("sum(cost_usd)", "sum(queries)", "sum(unpriced_calls)", "sum(resolved_sessions)"),
)
_PEOPLE = Cells("user_engagement", ("sum(sessions)", "avg(daily_users)", "sum(new_users)"))
# A week that only begins in the period holds ratings of days behind it.
_RATINGS = Cells(
    "feedback_analysis",
    ("sum(ratings)", "sum(average_rating * ratings)"),
    where="week + 6 <= %(last)s",
    by="week",
)


@dataclass(frozen=True)
class Figures:
    """Of one period; None where nothing was logged to tell it from."""

    queries: Value = None
    judged_queries: Value = None
    success_rate: Value = None
    cost_usd: Value = None
    cost_per_query_usd: Value = None
    unpriced_calls: Value = None
    days_fast: Value = None
    days_judged: Value = None
    days_unfinished: Value = None
    slowest_p95_ms: Value = None
    rating: Value = None
    ratings: Value = None
    resolved: Value = None
    sessions: Value = None
    daily_users: Value = None
    new_users: Value = None

    @property
    def whole_cost_usd(self) -> Value:
        """None where calls have no price: the rest of a cost tells nothing of how it moved."""
        return None if self.unpriced_calls else self.cost_usd

    @property
    def whole_cost_per_query_usd(self) -> Value:
        return None if self.unpriced_calls else self.cost_per_query_usd


def read(desk: Desk, period: Period) -> Figures:
    ledger = desk.ledger
    queries, successes, judged, fast, days_judged, slowest = ledger.row(_TOTALS, period)
    cost, queries_of_cost, unpriced, resolved = ledger.row(_SPEND, period)
    sessions, daily, new = ledger.row(_PEOPLE, period)
    ratings, stars = ledger.row(_RATINGS, period)
    return Figures(
        queries=queries,
        judged_queries=judged,
        success_rate=part(successes, judged),
        cost_usd=cost,
        cost_per_query_usd=part(cost, queries_of_cost),
        unpriced_calls=unpriced,
        days_fast=fast,
        days_judged=days_judged,
        days_unfinished=desk.days_unfinished(period),
        slowest_p95_ms=slowest,
        rating=part(stars, ratings),
        ratings=ratings,
        resolved=resolved,
        sessions=sessions,
        daily_users=daily,
        new_users=new,
    )


def headlines(desk: Desk, now: Figures, then: Figures) -> list[Headline]:
    return [
        *_demand(desk, now, then),
        *_money(desk, now, then),
        *_quality(desk, now, then),
        *_people(desk, now, then),
    ]


def _demand(desk: Desk, now: Figures, then: Figures) -> list[Headline]:
    say = desk.words
    return [
        Headline(
            "Queries",
            say.count(now.queries),
            say.change(now.queries, then.queries),
            _is_more(now.queries, then.queries),
        ),
        Headline(
            "Successful",
            say.share(now.success_rate),
            say.points(now.success_rate, then.success_rate),
            _is_more(now.success_rate, then.success_rate),
            _goal(desk, "success_rate", say.share),
            desk.verdict("success_rate", now.success_rate, now.judged_queries),
        ),
    ]


def _money(desk: Desk, now: Figures, then: Figures) -> list[Headline]:
    say = desk.words
    lacking = _unpriced(desk, now, then)
    return [
        Headline(
            "Cost",
            say.money(now.cost_usd),
            say.change(now.whole_cost_usd, then.whole_cost_usd),
            _is_more(then.whole_cost_usd, now.whole_cost_usd),
            note=lacking,
        ),
        Headline(
            "Cost of a query",
            say.money(now.cost_per_query_usd),
            say.change(now.whole_cost_per_query_usd, then.whole_cost_per_query_usd),
            _is_more(then.whole_cost_per_query_usd, now.whole_cost_per_query_usd),
            _goal(desk, "cost_per_query", say.money),
            desk.verdict("cost_per_query", now.whole_cost_per_query_usd, now.queries),
            lacking,
        ),
    ]


def _unpriced(desk: Desk, now: Figures, then: Figures) -> str:
    """Why money is neither judged nor compared."""
    count = desk.words.count
    calls, have = ("call", "has") if now.unpriced_calls == 1 else ("calls", "have")
    told = f"{count(now.unpriced_calls)} {calls} {have} no price" if now.unpriced_calls else ""
    if not then.unpriced_calls:
        return told
    if told:
        return f"{told}, and {count(then.unpriced_calls)} of the period before"
    calls, have = ("call", "has") if then.unpriced_calls == 1 else ("calls", "have")
    return f"{count(then.unpriced_calls)} {calls} of the period before {have} no price"


def _quality(desk: Desk, now: Figures, then: Figures) -> list[Headline]:
    """Percentiles of days do not add up to one of the period; the days that kept the target do."""
    say = desk.words
    fast: Verdict = NOTHING
    if now.days_judged:
        fast = "met" if now.days_fast == now.days_judged else "missed"
    return [
        Headline(
            "Days that were fast",
            f"{say.count(now.days_fast)} of {say.count(now.days_judged)}"
            if now.days_judged
            else NOTHING,
            f"slowest day {say.duration(now.slowest_p95_ms)}",
            None,
            f"p95 {_goal(desk, 'latency_p95', say.duration)}",
            fast,
        ),
        Headline(
            "Average rating",
            say.rating(now.rating),
            say.change(now.rating, then.rating),
            _is_more(now.rating, then.rating),
            _goal(desk, "average_rating", say.rating),
            desk.verdict("average_rating", now.rating, now.ratings),
            _rated(desk, now),
        ),
    ]


def _rated(desk: Desk, now: Figures) -> str:
    if not desk.now.holds_a_week:
        return "no whole week in the period"
    if not now.ratings:
        return ""
    return f"of {desk.words.count(now.ratings)} ratings, in the whole weeks of the period"


def _people(desk: Desk, now: Figures, then: Figures) -> list[Headline]:
    say = desk.words
    return [
        Headline(
            "Resolved sessions",
            say.count(now.resolved),
            say.change(now.resolved, then.resolved),
            _is_more(now.resolved, then.resolved),
            note=f"of {say.count(now.sessions)} that began" if now.sessions else "",
        ),
        Headline(
            "People a day",
            say.count(now.daily_users),
            say.change(now.daily_users, then.daily_users),
            _is_more(now.daily_users, then.daily_users),
            note=f"{say.count(now.new_users)} came for the first time" if now.new_users else "",
        ),
    ]


def _goal(desk: Desk, target: str, say: Any) -> str:
    side, limit = desk.targets[target]
    return f"{side} {say(limit)}"


def _is_more(one: Value, other: Value) -> bool | None:
    return None if one is None or other is None or one == other else bool(one > other)
