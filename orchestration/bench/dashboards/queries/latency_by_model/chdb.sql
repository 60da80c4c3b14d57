with quantilesExact(0.499999999, 0.949999999, 0.989999999)(latency_ms) as percentiles
select
    workspace, provider, model, count() as measured_queries,
    percentiles[1] as latency_p50_ms, percentiles[2] as latency_p95_ms, percentiles[3] as latency_p99_ms
from query_log
where $one and ts >= $day - 29 and ts < $day + 1
group by workspace, provider, model
