"""What it is worth: the return on investment, by stated parameters."""

from typing import Any

from orchestration.reports.document import Section, Table
from orchestration.reports.executive.desk import Desk
from orchestration.reports.figures import ALWAYS, Cells

_ROI = Cells(
    "roi",
    (
        "status",
        "unpriced_calls",
        "hours_saved",
        "labour_saved_usd",
        "outcomes_value_usd",
        "breach_prevented_usd",
        "total_usd",
        "investment_usd",
        "net_usd",
        "roi_rate",
        "payback_months",
        "without_usd",
        "with_usd",
    ),
    where="period = 'asked'",
    by=None,
)
_SENSITIVITY = Cells(
    "roi_sensitivity",
    ("parameter", "low", "stated", "high", "low_net_usd", "high_net_usd"),
    where="period = 'asked' and low_net_usd <> high_net_usd",
    by=None,
    order="abs(high_net_usd - low_net_usd) desc nulls last, parameter limit 5",
)
_STATED = (
    "Hours and values are stated in seeds/roi_parameters.csv, with their sources; nobody measured them."
)


def section(desk: Desk) -> Section:
    _ask(desk)
    status, unpriced, *figures = desk.ledger.row(_ROI, ALWAYS)
    if status not in ("judged", "no_investment"):
        reason = (status or "no_data").replace("_", " ")
        return Section("What it is worth", [f"Not judged: {reason}."])
    said = [_says(desk, figures, unpriced), _STATED]
    return Section("What it is worth", said, [_returns(desk, figures), _moves(desk)])


def _ask(desk: Desk) -> None:
    """The mart reckons with the days that its reader asks for."""
    for name, day in (("first", desk.now.first), ("last", desk.now.last)):
        setting = f"assay.{name}_day"
        desk.ledger.session.execute("select set_config(%s, %s, true)", (setting, day.isoformat()))


def _says(desk: Desk, figures: list[Any], unpriced: int | None) -> str:
    say = desk.words
    total, investment, net, rate, months = figures[4:9]
    earned = f"{say.money(total)} came back for {say.money(investment)}: {say.money(net)} net"
    lacking = f", and {say.count(unpriced)} calls have no cost" if unpriced else ""
    if rate is None:
        return f"{earned}{lacking}."
    back = "" if months is None else f", paid back in {say.ratio(months)} months at this pace"
    return f"{earned}, a return of {say.share(rate)}{back}{lacking}."


def _returns(desk: Desk, figures: list[Any]) -> Table:
    say = desk.words
    hours, labour, outcomes, breaches, total, investment, net = figures[:7]
    without, beside = figures[9:]
    return Table(
        "Returns",
        ("", "US dollars"),
        [
            (f"Work saved, {say.count(hours)} hours", say.money(labour)),
            ("Outcomes that have a value", say.money(outcomes)),
            ("Losses by breaches that are prevented", say.money(breaches)),
            ("Together", say.money(total)),
            ("Paid for it", say.money(investment)),
            ("Net", say.money(net)),
            ("What the same would cost without the assistant", say.money(without)),
            ("What it costs with it", say.money(beside)),
        ],
    )


def _moves(desk: Desk) -> Table:
    say = desk.words
    return Table(
        "What moves the net value most",
        ("Parameter", "Low", "Stated", "High", "Net at low", "Net at high"),
        [
            (
                say.quoted(name.replace("_", " ").replace("usd", "USD")),
                say.plain(low),
                say.plain(stated),
                say.plain(high),
                say.money(net_low),
                say.money(net_high),
            )
            for name, low, stated, high, net_low, net_high in desk.ledger.rows(_SENSITIVITY, ALWAYS)
        ],
        if_empty="No parameter has a low and a high end.",
    )
