"""The periods that scheduled assets are divided into. All in UTC; weeks begin on Monday."""

import dagster as dg

_FIRST_DAY = "2026-01-01"

WEEKLY = dg.WeeklyPartitionsDefinition(start_date=_FIRST_DAY, day_offset=1)
MONTHLY = dg.MonthlyPartitionsDefinition(start_date=_FIRST_DAY)
# Of a job's assets, by its cadence. What runs more often takes whatever is new.
PARTITIONS = {"weekly": WEEKLY, "monthly": MONTHLY}
