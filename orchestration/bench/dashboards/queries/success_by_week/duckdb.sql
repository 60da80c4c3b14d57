with weeks as (
    select
        workspace, date_trunc('week', ts)::date as week,
        count(*) filter (where status = 'ok')::float8 / count(*) filter (where status <> 'cancelled') as success_rate
    from query_log
    where $one and ts >= $monday - 77 and ts < $day + 1
    group by workspace, date_trunc('week', ts)::date
)
select
    workspace, week, success_rate,
    success_rate - lag(success_rate) over (partition by workspace order by week) as success_rate_change
from weeks
