-- One row a job and period that has ended: when its work was done, and whether that was in time. The periods
-- come from the calendar, so that a night in which nothing ran is a row too.
with

periods as (

    select * from {{ ref('stg_ops__job_periods') }}

),

runs as (

    select
        job,
        period_start,
        count(*) as attempts,
        min(case when status = 'succeeded' then ended_at end) as completed_at,
        {{ count_if("status = 'dead'") }} as given_up
    from {{ ref('stg_ops__job_runs') }}
    where period_start is not null
    group by job, period_start

),

joined as (

    select
        periods.job,
        periods.cadence,
        periods.period_start,
        periods.period_end,
        periods.due_at,
        runs.completed_at,
        coalesce(runs.attempts, 0) as attempts,
        coalesce(runs.given_up, 0) as given_up
    from periods
    left join runs on periods.job = runs.job and periods.period_start = runs.period_start

),

final as (

    select
        *,
        case
            when completed_at <= due_at then 'met'
            when completed_at is null and due_at > current_timestamp then 'not_judged'
            else 'missed'
        end as status,
        case
            when completed_at <= due_at then null
            when completed_at is not null then 'late'
            when due_at > current_timestamp then 'not_due_yet'
            when given_up > 0 then 'given_up'
            when attempts > 0 then 'not_done'
            else 'never_ran'
        end as reason
    from joined

)

select * from final
