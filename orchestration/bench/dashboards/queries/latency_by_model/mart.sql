-- The 30 days that end with the day.
select workspace, provider, model, measured_queries, latency_p50_ms, latency_p95_ms, latency_p99_ms
from marts.model_latency
where $one and day = $day and window_days = 30
