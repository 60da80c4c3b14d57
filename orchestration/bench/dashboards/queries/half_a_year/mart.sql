-- 180 days.
select workspace, day, queries, success_rate, cost_usd, total_tokens, latency_p95_ms
from marts.performance_overview
where $one and day > $day - 180 and day <= $day
