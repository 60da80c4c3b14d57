-- One row a job. The one mart that says whether work is stuck: how much waits, since when, what was given up.
with

measured as (

    select * from {{ ref('int_job_runs_measured') }}

),

final as (

    select
        job,
        cadence,
        description,
        queued,
        {{ milliseconds_since('oldest_queued_at') }} as oldest_queued_ms,
        running,
        dead_letters,
        last_succeeded_at,
        attempts,
        failed_attempts,
        duration_p50_ms,
        duration_p95_ms,
        row_count,
        case
            when dead_letters > 0 then 'given_up'
            when queued > 0 then 'waiting'
            when running > 0 then 'running'
            when last_succeeded_at is null then 'never_ran'
            else 'ok'
        end as status
    from measured

)

select * from final
