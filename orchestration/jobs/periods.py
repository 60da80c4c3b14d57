"""The periods of scheduled work, in UTC: what a key stands for, and which period ended last."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FORMATS = {
    "hourly": "%Y-%m-%d-%H:00",
    "nightly": "%Y-%m-%d",
    "weekly": "%Y-%m-%d",
    "monthly": "%Y-%m-%d",
}


@dataclass(frozen=True)
class Period:
    cadence: str
    start: datetime
    end: datetime

    @property
    def key(self) -> str:
        return self.start.strftime(FORMATS[self.cadence])


def last_ended(cadence: str, now: datetime) -> Period:
    """The newest period that is over. Weeks begin on Monday."""
    running = _start_of(cadence, now.astimezone(UTC))
    start = _start_of(cadence, running - timedelta(microseconds=1))
    return Period(cadence, start, running)


def _start_of(cadence: str, moment: datetime) -> datetime:
    if cadence == "hourly":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if cadence == "weekly":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if cadence == "monthly" else day
