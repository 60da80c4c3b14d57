-- One row a log: how long rows take from their commit to the marts, against the target. What still waits
-- counts by how long it has waited: a stalled refresh must not look good because its lag is not known yet.
with

measured as (

    select * from {{ ref('int_lags_measured') }}

),

waited as (

    select
        *,
        {{ milliseconds_since('oldest_waiting_at') }} as waiting_ms,
        {{ var('freshness_target_ms') }} as target_ms
    from measured

),

reasoned as (

    select
        *,
        greatest(lag_p95_ms, waiting_ms) as latest_ms,
        case
            when refreshed_batches = 0 and waiting_batches = 0 then 'nothing_to_judge'
        end as not_judged_because
    from waited

),

final as (

    select
        log,
        batches,
        row_count,
        waiting_batches,
        waiting_ms,
        held_batches,
        lag_p50_ms,
        lag_p95_ms,
        lag_max_ms,
        target_ms,
        {{ judge('latest_ms', '<=', 'target_ms', 'not_judged_because') }} as freshness_target,
        not_judged_because
    from reasoned

)

select * from final
