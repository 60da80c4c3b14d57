"""What every section of the report has at hand."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from orchestration.errors import AssayError
from orchestration.reports.document import Verdict
from orchestration.reports.figures import ALWAYS, Cells, Ledger, Period, Value
from orchestration.reports.wording import NOTHING, Wording

_LAST_COMPLETE = "max(day) filter (where is_complete)"
_DAYS = Cells("performance_overview", ("min(day)", _LAST_COMPLETE), by=None)
_TARGETS = Cells("targets", ("measure", "met_when", "target_value"), by=None, of_all=True)
# By the date in the zone: a day without a row may be over, or lie ahead.
_TODAY = "cast(max(as_of) at time zone max(reporting_zone) as date)"
_KNOWN = Cells("reconciliation", ("max(as_of)", "max(reporting_zone)", _TODAY), by=None)
_FOUR_WEEKS = 28


@dataclass(frozen=True)
class Desk:
    """`before` is None where the logs do not reach back over all of it, and where the period still
    runs: part of one is not held against the whole of another. `today` is known in part."""

    ledger: Ledger
    words: Wording
    now: Period
    before: Period | None
    targets: dict[str, tuple[str, float]]
    as_of: dt.datetime
    zone: str
    today: dt.date

    def days_unfinished(self, period: Period) -> int:
        return max(0, (period.last - max(period.first, self.today)).days + 1)

    def verdict(self, target: str, value: Value, judged_on: Value) -> Verdict:
        if value is None or (judged_on or 0) < self.targets["enough_to_judge"][1]:
            return NOTHING
        side, limit = self.targets[target]
        # As the marts compare: 0.95 as a decimal is more than 0.95 as a double.
        number = float(value)
        return "met" if (number > limit if side == "above" else number < limit) else "missed"


def desk(ledger: Ledger, words: Wording, first: dt.date | None, last: dt.date | None) -> Desk:
    """Where no days are given: four weeks up to the last complete day."""
    first_logged, last_complete = ledger.row(_DAYS, ALWAYS)
    as_of, zone, today = ledger.row(_KNOWN, ALWAYS)
    last = last or last_complete
    if last is None or as_of is None:
        raise AssayError(
            f"There is nothing to report: workspace {ledger.workspace} has no complete day. `assay sql"
            ' "select distinct workspace from marts.performance_overview"` names those that have one.'
        )
    four_weeks = dt.date.fromordinal(max(1, last.toordinal() - _FOUR_WEEKS + 1))
    now = Period(first or four_weeks, last)
    if now.first > now.last:
        raise AssayError(f"The period ends before it begins: {now.first} to {now.last}.")
    # In days, since the calendar may begin before logs did, and end.
    is_logged = first_logged and (now.first - first_logged).days >= now.days
    is_comparable = is_logged and now.last < today
    before = now.before() if is_comparable else None
    targets = {name: (side, value) for name, side, value in ledger.rows(_TARGETS, ALWAYS)}
    return Desk(ledger, words, now, before, targets, as_of, zone, today)


def part(some: Value, whole: Value) -> Value:
    return None if some is None or not whole else Decimal(str(some)) / Decimal(str(whole))
