-- Twelve weeks, each against the one before.
with weeks as (
    select
        workspace, date_trunc('week', day)::date as week,
        sum(successes)::float8 / sum(queries - cancelled) as success_rate
    from marts.performance_overview
    where $one and day >= $monday - 77 and day <= $day
    group by workspace, date_trunc('week', day)::date
)
select
    workspace, week, success_rate,
    success_rate - lag(success_rate) over (partition by workspace order by week) as success_rate_change
from weeks
