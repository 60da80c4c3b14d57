with asked as (
    select workspace, query_id, ts::date as day, status, latency_ms
    from query_log
    where $one and (ts >= $day and ts < $day + 1 or ts >= $day - 7 and ts < $day - 6)
),
spent as (
    select workspace, query_id, sum(reported_cost) as cost, sum(input_tokens + output_tokens) as tokens
    from cost_log
    where $one and (ts >= $day and ts < $day + 2 or ts >= $day - 7 and ts < $day - 5)
    group by workspace, query_id
)
select
    workspace, day, count(*) as queries,
    count(*) filter (where status = 'ok') / count(*) filter (where status <> 'cancelled') as success_rate,
    sum(cost) as cost_usd, sum(tokens) as total_tokens,
    quantile_disc(latency_ms, 0.95) as latency_p95_ms
from asked left join spent using (workspace, query_id)
group by workspace, day
