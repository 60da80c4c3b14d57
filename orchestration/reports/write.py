"""A report from its question to its text: read, composed, asked again, rendered, searched."""

import datetime as dt
from contextlib import closing

from orchestration.reports.executive.compose import compose
from orchestration.reports.figures import Ledger
from orchestration.reports.rendering import render
from orchestration.reports.wording import Wording
from orchestration.warehouse.connection import connect


def executive(workspace: str, first: dt.date | None, last: dt.date | None, form: str) -> str:
    with closing(connect(application_name="assay report")) as session:
        # One state of everything, however long it takes.
        session.execute("set transaction isolation level repeatable read, read only")
        ledger, words = Ledger(session, workspace), Wording()
        report = compose(ledger, words, first, last)
        ledger.require_unchanged()
        return render(report, form, words)
