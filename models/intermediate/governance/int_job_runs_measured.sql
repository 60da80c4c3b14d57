-- One row a job: its queue as it is now, and how its attempts of the last weeks went. Jobs that never ran are
-- there too: silence is what an operator has to see.
with

jobs as (

    select * from {{ ref('stg_ops__jobs') }}

),

runs as (

    select
        *,
        row_number() over (partition by job, job_key order by attempt desc) = 1 as is_last_attempt
    from {{ ref('stg_ops__job_runs') }}

),

measured as (

    select
        job,
        {{ count_if("status = 'queued'") }} as queued,
        {{ count_if("status = 'running'") }} as running,
        {{ count_if("status = 'dead' and is_last_attempt") }} as dead_letters,
        min(case when status = 'queued' then queued_at end) as oldest_queued_at,
        max(case when status = 'succeeded' then ended_at end) as last_succeeded_at
    from runs
    group by job

),

recent as (

    select
        job,
        count(*) as attempts,
        {{ count_if("status in ('failed', 'lost', 'dead')") }} as failed_attempts,
        {{ percentile('duration_ms', 0.5) }} as duration_p50_ms,
        {{ percentile('duration_ms', 0.95) }} as duration_p95_ms,
        {{ sum_counts('row_count') }} as row_count
    from runs
    where ended_at >= {{ days_ago(var('job_window_days')) }}
    group by job

),

final as (

    select
        jobs.job,
        jobs.cadence,
        jobs.description,
        coalesce(measured.queued, 0) as queued,
        coalesce(measured.running, 0) as running,
        coalesce(measured.dead_letters, 0) as dead_letters,
        measured.oldest_queued_at,
        measured.last_succeeded_at,
        coalesce(recent.attempts, 0) as attempts,
        coalesce(recent.failed_attempts, 0) as failed_attempts,
        recent.duration_p50_ms,
        recent.duration_p95_ms,
        recent.row_count
    from jobs
    left join measured on jobs.job = measured.job
    left join recent on jobs.job = recent.job

)

select * from final
