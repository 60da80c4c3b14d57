select
    workspace, ts::date as day, guardrail, count(*) as checks,
    count(*) filter (where verdict = 'block') as blocked,
    count(*) filter (where verdict = 'block')::float8
    / nullif(count(*) filter (where verdict <> 'error'), 0) as block_rate
from raw.guardrail_log
where $one and ts >= $day - 29 and ts < $day + 1
group by workspace, ts::date, guardrail
