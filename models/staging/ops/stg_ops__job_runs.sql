-- One row an attempt of a job.
with

source_rows as (

    select * from {{ source('ops', 'job_run') }}

),

renamed as (

    select
        job_run_id,
        {{ source_relation('ops', 'job_run') }} as source_relation,
        job,
        key as job_key,
        attempt,
        status,
        period_start,
        period_end,
        queued_at,
        due_at,
        started_at,
        ended_at,
        duration_ms,
        rows as row_count,
        sqlstate,
        reason,
        dagster_run_id
    from source_rows

)

select * from renamed
