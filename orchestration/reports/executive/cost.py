"""What it costs: by day, against budgets, by model, and what was saved."""

from orchestration.reports.document import Chart, Section, Table
from orchestration.reports.executive.desk import Desk, part
from orchestration.reports.figures import ALWAYS, Cells

_BY_DAY = Cells("spend_overview", ("day", "is_complete", "cost_usd", "average_7_days_usd"), order="day")
_FORECAST = Cells(
    "cost_forecast",
    ("month", "forecast_usd", "low_usd", "high_usd", "is_calibrated", "unpriced_calls"),
    where="is_newest",
    by=None,
)
_BUDGETS = Cells(
    "budget_status",
    ("scope", "value", "period_start", "spent_usd", "projected_usd", "hard_limit_usd", "status"),
    where="period_start <= %(last)s and period_end > %(first)s",
    by=None,
    order="period_start, budget_id",
)
_SAVINGS = Cells(
    "savings",
    (
        "lever",
        "sum(paid_usd) filter (where status = 'estimated')",
        "sum(otherwise_usd) filter (where status = 'estimated')",
        "sum(saved_usd) filter (where status = 'estimated')",
        "count(*) filter (where status = 'estimated')",
        "count(*)",
        "mode() within group (order by not_estimable_because)",
    ),
    by="week",
    group="lever",
    order="lever",
)
_MODELS = Cells(
    "model_usage",
    (
        "provider",
        "model",
        "sum(queries)",
        "sum(successes)",
        "sum(queries - cancelled)",
        "sum(cost_usd)",
    ),
    group="provider, model",
    order="sum(cost_usd) desc nulls last, provider, model",
)
_LEVERS = {
    "prompt_cache": "The provider's prompt cache",
    "response_cache": "Answers from the cache",
    "always_large": "Routing, against the large model for everything",
    "always_small": "Routing, against the small model for everything",
}


def section(desk: Desk) -> Section:
    return Section(
        "What it costs", _forecast(desk), [_by_day(desk), _models(desk), _budgets(desk), _savings(desk)]
    )


def _forecast(desk: Desk) -> list[str]:
    say = desk.words
    month, expected, low, high, is_calibrated, unpriced = desk.ledger.row(_FORECAST, ALWAYS)
    if month is None:
        return []
    if expected is None:
        return ["No call of the last four weeks has a cost, so nothing can be said of the month's."]
    doubt = "" if is_calibrated else "; earlier months are too few to check that range by"
    lacking = f", and {say.count(unpriced)} calls of four weeks have no cost" if unpriced else ""
    return [
        f"{say.quoted(f'{month:%B %Y}')} is heading for {say.money(expected)}, between {say.money(low)}"
        f" and {say.money(high)}{lacking}{doubt}."
    ]


def _by_day(desk: Desk) -> Chart:
    days = desk.ledger.rows(_BY_DAY, desk.now)
    dearest = max((row for row in days if row[2]), key=lambda row: row[2], default=None)
    says = "No cost was logged."
    if dearest:
        say = desk.words
        says = f"The dearest day was {say.day(dearest[0])} with {say.money(dearest[2])}."
    return Chart("cost", "Cost by day, US dollars", says, days)


def _models(desk: Desk) -> Table:
    say = desk.words
    return Table(
        "Models",
        ("Model", "Provider", "Queries", "Successful", "Cost", "A query"),
        [
            (
                say.quoted(model),
                say.quoted(provider),
                say.count(queries),
                say.share(part(good, judged)),
                say.money(cost),
                say.money(part(cost, queries)),
            )
            for provider, model, queries, good, judged, cost in desk.ledger.rows(_MODELS, desk.now)
        ],
        if_empty="No query named a model.",
    )


def _budgets(desk: Desk) -> Table:
    say = desk.words
    return Table(
        "Budgets",
        ("Of", "Since", "Spent", "Heading for", "Limit", "Status"),
        [
            (
                say.quoted("the workspace" if value == "*" else f"{scope} {value}"),
                say.day(start),
                say.money(spent),
                say.money(projected),
                say.money(limit),
                status.replace("_", " "),
            )
            for scope, value, start, spent, projected, limit, status in desk.ledger.rows(
                _BUDGETS, desk.now
            )
        ],
        if_empty="This workspace has no budget; seeds/budgets.csv is where one is set.",
    )


def _savings(desk: Desk) -> Table:
    say = desk.words
    rows = []
    for lever, paid, otherwise, saved, estimated, weeks, why in desk.ledger.rows(_SAVINGS, desk.now):
        held = f"{say.count(estimated)} of {say.count(weeks)}"
        if estimated:
            share = say.share(part(saved, otherwise))
            rows.append(
                (_LEVERS[lever], say.money(paid), say.money(otherwise), say.money(saved), share, held)
            )
        else:
            rows.append((_LEVERS[lever], "", "", "not estimable", why.replace("_", " "), held))
    return Table(
        "Savings",
        ("Lever", "Paid", "Would have been", "Saved", "Share", "Weeks estimated"),
        rows,
        "Levers overlap, so their savings do not add up. Of weeks that began in the period.",
        "Nothing was logged that could have saved anything.",
    )
