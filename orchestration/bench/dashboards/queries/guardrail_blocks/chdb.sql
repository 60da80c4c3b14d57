select
    workspace, toDate(ts) as day, guardrail, count() as checks, countIf(verdict = 'block') as blocked,
    countIf(verdict = 'block') / nullIf(countIf(verdict <> 'error'), 0) as block_rate
from guardrail_log
where $one and ts >= $day - 29 and ts < $day + 1
group by workspace, day, guardrail
