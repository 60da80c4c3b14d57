-- Twelve cohorts, each up to the week of the day.
select workspace, cohort_week, weeks_since, users, retained
from marts.user_retention
where $one and cohort_week > $monday - 84 and cohort_week <= $monday and week <= $monday and retained > 0
