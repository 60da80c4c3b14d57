-- What learning preferences did, one row an hour of the server's clock: each refresh learns anew of those
-- who chose something, so an hour sums up its runs.
with

runs as (

    select * from {{ ref('int_preference_runs_measured') }}

),

final as (

    select
        {{ hour_of('started_at') }} as run_hour,
        count(*) as runs,
        {{ sum_counts('processed') }} as processed,
        {{ sum_counts('updated') }} as updated,
        {{ sum_counts('processed - updated') }} as skipped,
        sum(duration_ms) as duration_ms
    from runs
    group by {{ hour_of('started_at') }}

)

select * from final
