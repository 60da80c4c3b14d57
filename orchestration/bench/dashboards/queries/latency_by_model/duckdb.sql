select
    workspace, provider, model, measured_queries,
    percentiles[1] as latency_p50_ms, percentiles[2] as latency_p95_ms, percentiles[3] as latency_p99_ms
from (
    select
        workspace, provider, model, count(*) as measured_queries,
        quantile_disc(latency_ms, [0.5, 0.95, 0.99]) as percentiles
    from query_log
    where $one and ts >= $day - 29 and ts < $day + 1
    group by all
)
