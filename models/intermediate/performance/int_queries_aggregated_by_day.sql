-- One row a local day and workspace that had queries. Percentiles are taken here, from the queries
-- themselves, because percentiles of smaller groups cannot be put together.
with

queries as (

    select * from {{ ref('fct_queries') }}

),

dated as (

    select
        *,
        {{ local_day('occurred_at') }} as day
    from queries

),

final as (

    select
        day,
        workspace,
        count(*) as queries,
        count(*) filter (where status = 'ok') as successes,
        count(*) filter (where status = 'error') as errors,
        count(*) filter (where status = 'cancelled') as cancelled,
        count(*) filter (where status = 'blocked') as blocked,
        count(latency_ms) as measured_queries,
        {{ percentile('latency_ms', 0.50) }} as latency_p50_ms,
        {{ percentile('latency_ms', 0.95) }} as latency_p95_ms,
        {{ percentile('latency_ms', 0.99) }} as latency_p99_ms,
        {{ percentile('first_token_ms', 0.50) }} as first_token_p50_ms,
        {{ percentile('first_token_ms', 0.95) }} as first_token_p95_ms,
        {{ percentile('retrieval_ms', 0.95) }} as retrieval_p95_ms,
        {{ percentile('llm_ms', 0.95) }} as llm_p95_ms,
        {{ sum_counts('input_tokens') }} as input_tokens,
        {{ sum_counts('cache_read_tokens') }} as cache_read_tokens,
        {{ sum_counts('cache_write_tokens') }} as cache_write_tokens,
        {{ sum_counts('media_tokens') }} as media_tokens,
        {{ sum_counts('output_tokens') }} as output_tokens,
        {{ sum_counts('reasoning_tokens') }} as reasoning_tokens,
        {{ sum_counts('unpriced_calls') }} as unpriced_calls,
        {{ sum_nanos('cost_nanos') }} as cost_nanos,
        max(landed_at) as landed_at
    from dated
    group by day, workspace

)

select * from final
