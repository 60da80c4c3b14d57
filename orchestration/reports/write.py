"""A report from its question to its text: read, composed, asked again, rendered, searched."""

import datetime as dt
import re
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import psycopg

from orchestration.jobs.periods import Period
from orchestration.reports.executive.compose import compose
from orchestration.reports.figures import Ledger
from orchestration.reports.files import replaced
from orchestration.reports.rendering import render
from orchestration.reports.wording import Wording
from orchestration.warehouse.connection import connect

_ONE_STATE = "set transaction isolation level repeatable read, read only"
_WHO_ASKED = """
    select workspace from marts.performance_overview
    where day between %s and %s group by workspace having sum(queries) > 0 order by workspace"""

_RUNNING_DAY = "select max((as_of at time zone reporting_zone)::date) from marts.reconciliation"


def running_day(session: psycopg.Connection) -> dt.date | None:
    """The local day that the logs have come to: those before it are known. None while nothing is."""
    try:
        row = session.execute(_RUNNING_DAY).fetchone()
    except psycopg.errors.UndefinedTable:
        return None  # nothing was built yet
    return row[0] if row else None


def executive(workspace: str, first: dt.date | None, last: dt.date | None, form: str) -> str:
    with closing(connect(application_name="assay report")) as session:
        session.execute(_ONE_STATE)  # however long it takes
        ledger, words = Ledger(session, workspace), Wording()
        report = compose(ledger, words, first, last)
        ledger.require_unchanged()
        return render(report, form, words)


def executive_of_all(month: Period, folder: Path) -> int:
    """A page for each workspace with queries in that month; how many."""
    first, last = month.start.date(), month.end.date() - dt.timedelta(1)
    with closing(connect(application_name="assay report")) as session:
        workspaces = [name for (name,) in session.execute(_WHO_ASKED, (first, last)).fetchall()]
    pages = folder / f"{first:%Y-%m}"
    pages.mkdir(parents=True, exist_ok=True)
    for workspace in workspaces:
        page = pages / f"{_file_name(workspace)}.html"
        with replaced(page) as beside:
            beside.write_text(executive(workspace, first, last, "html"), encoding="utf-8")
    return len(workspaces)


def _file_name(workspace: str) -> str:
    """Names come from logs: what a path could read into one goes, and a hash keeps two apart."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", workspace).strip("-")[:60]
    return f"{readable}-{blake2b(workspace.encode(), digest_size=4).hexdigest()}"
