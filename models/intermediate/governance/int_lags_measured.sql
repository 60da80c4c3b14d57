-- One row a log: how long its rows of the last day took from their commit to the marts, and what still waits.
-- What a build took in counts as landed and has no lag: nobody kept the moment.
with

lags as (

    select * from {{ ref('stg_ops__batch_lags') }}
    where landed_at >= {{ days_ago(var('lag_window_days')) }} or status in ('waiting', 'held')

),

final as (

    select
        log,
        count(*) as batches,
        {{ sum_counts('row_count') }} as row_count,
        {{ count_if("status = 'refreshed'") }} as refreshed_batches,
        {{ count_if("status = 'waiting'") }} as waiting_batches,
        {{ count_if("status = 'held'") }} as held_batches,
        min(case when status = 'waiting' then landed_at end) as oldest_waiting_at,
        {{ percentile('lag_ms', 0.5) }} as lag_p50_ms,
        {{ percentile('lag_ms', 0.95) }} as lag_p95_ms,
        max(lag_ms) as lag_max_ms
    from lags
    group by log

)

select * from final
