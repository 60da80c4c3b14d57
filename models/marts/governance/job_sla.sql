-- One row a job and period that has ended: was the work of that hour, night, week or month done in time?
with

judged as (

    select * from {{ ref('int_job_periods_judged') }}

),

final as (

    select
        job,
        cadence,
        period_start,
        period_end,
        due_at,
        completed_at,
        attempts,
        status,
        reason
    from judged

)

select * from final
