with weeks as (
    select
        workspace, toMonday(ts) as week,
        countIf(status = 'ok') / countIf(status <> 'cancelled') as success_rate
    from query_log
    where $one and ts >= $monday - 77 and ts < $day + 1
    group by workspace, week
)
select
    workspace, week, success_rate,
    success_rate - lagInFrame(toNullable(success_rate)) over (
        partition by workspace order by week rows between unbounded preceding and unbounded following
    ) as success_rate_change
from weeks
