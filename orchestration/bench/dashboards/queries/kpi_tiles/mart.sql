-- The day, and the same day of the week before.
select workspace, day, queries, success_rate, cost_usd, total_tokens, latency_p95_ms
from marts.performance_overview
where $one and day in ($day, $day - 7)
