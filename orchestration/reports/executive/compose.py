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
    now = headlines.read(ledger, at.now)
    then = headlines.read(ledger, at.before) if at.before else Figures()
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
    if not now.queries:
        return "Nobody asked anything in this period."
    asked = f"{say.count(now.queries)} queries, {say.share(now.success_rate)} of them successful"
    spent = f"{asked}, for {say.money(now.cost_usd)}."
    if not then.queries:
        return spent
    return (
        f"{spent} Against the period before: queries {say.change(now.queries, then.queries)},"
        f" success {say.points(now.success_rate, then.success_rate)},"
        f" cost {say.change(now.cost_usd, then.cost_usd)}."
    )


def _notes(at: Desk, now: Figures) -> list[str]:
    notes = [
        "Every figure is a cell of a mart, or a sum or share of cells.",
        "Not judged: too little was logged to tell.",
    ]
    if at.before:
        notes.insert(0, "Change is against as many days just before.")
    else:
        notes.insert(0, "The logs do not reach back over as many days before, so nothing is compared.")
    if now.days_unfinished:
        count = at.words.count(now.days_unfinished)
        notes.append(f"{count} of the days were not over yet; charts draw them pale.")
    return notes
