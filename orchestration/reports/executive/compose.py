"""The whole report, from one snapshot of the marts."""

import datetime as dt
from dataclasses import asdict

from orchestration.reports.document import Report
from orchestration.reports.executive import cost, findings, headlines, quality, value
from orchestration.reports.executive import desk as desks
from orchestration.reports.executive.desk import Desk
from orchestration.reports.executive.headlines import Figures
from orchestration.reports.figures import Cells, Ledger
from orchestration.reports.wording import Wording

# The marts that it stands on.
READS = {
    one.mart
    for module in (desks, headlines, cost, value, quality, findings)
    for one in vars(module).values()
    if isinstance(one, Cells)
}


def compose(ledger: Ledger, words: Wording, first: dt.date | None, last: dt.date | None) -> Report:
    at = desks.desk(ledger, words, first, last)
    now = headlines.read(at, at.now)
    then = headlines.read(at, at.before) if at.before else Figures()
    return Report(
        workspace=words.quoted(ledger.workspace),
        title="Executive report",
        period=words.period(at.now),
        before=words.period(at.before) if at.before else None,
        zone=words.quoted(at.zone),
        as_of=words.quoted(at.as_of.strftime("%Y-%m-%d %H:%M UTC")),
        summary=_summary(at, now, then),
        headlines=headlines.headlines(at, now, then),
        sections=[
            findings.section(at),
            cost.section(at),
            value.section(at),
            quality.section(at, now),
        ],
        notes=_notes(at, now),
        facts={
            "workspace": ledger.workspace,
            "from": at.now.first,
            "to": at.now.last,
            "now": asdict(now),
            "before": asdict(then),
        },
    )


def _summary(at: Desk, now: Figures, then: Figures) -> str:
    say = at.words
    if at.now.first > at.today:
        return "This period has not begun."
    if not now.queries:
        return "Nobody asked anything in this period."
    asked = f"{say.count(now.queries)} queries, {say.share(now.success_rate)} of them successful"
    told = f"{asked}{_spent(say, now)}."
    if not then.queries:
        return told
    changes = {
        "queries": say.change(now.queries, then.queries),
        "success": say.points(now.success_rate, then.success_rate),
        "cost": say.change(now.whole_cost_usd, then.whole_cost_usd),
    }
    compared = ", ".join(f"{name} {change}" for name, change in changes.items() if change)
    return f"{told} Against the period before: {compared}."


def _spent(say: Wording, now: Figures) -> str:
    if now.cost_usd is None:
        return ""
    calls = (
        "1 call that has"
        if now.unpriced_calls == 1
        else f"{say.count(now.unpriced_calls)} calls that have"
    )
    lacking = f" without {calls} no price" if now.unpriced_calls else ""
    return f", for {say.money(now.cost_usd)}{lacking}"


def _notes(at: Desk, now: Figures) -> list[str]:
    notes = [
        _compared(at, now),
        "Every figure is a cell of a mart, or a sum or share of cells.",
        "Not judged: too little was logged to tell.",
    ]
    if now.days_unfinished:
        were = "was" if now.days_unfinished == 1 else "were"
        count = at.words.count(now.days_unfinished)
        notes.append(f"{count} of the days {were} not over yet; what charts have of such days is pale.")
    return notes


def _compared(at: Desk, now: Figures) -> str:
    if at.before:
        return "Change is against as many days just before."
    if now.days_unfinished:
        return "The period was not over yet, so nothing is compared."
    return "The logs do not reach back over as many days before, so nothing is compared."
