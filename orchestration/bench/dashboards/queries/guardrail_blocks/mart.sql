-- 30 days by guardrail.
select
    workspace, day, guardrail, sum(checks) as checks, sum(blocked) as blocked,
    sum(blocked)::float8 / nullif(sum(judged_checks), 0) as block_rate
from marts.safety_metrics
where $one and day > $day - 30 and day <= $day
group by workspace, day, guardrail
