-- One row a workspace, cohort (its people by the week of their first query) and week since, up to the week
-- that is running; also weeks in which nobody came back. Each step is read once, so that a filter reaches the
-- indexes.
with

retained as (

    select * from {{ ref('agg_user_retention') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

cohorts as (

    select
        workspace,
        cohort_week,
        max(weeks_since) as last_seen,
        {{ sum_counts('case when weeks_since = 0 then entries else 0 end') }} as users
    from {{ ref('agg_user_retention') }}
    group by workspace, cohort_week

),

aged as (

    select
        cohorts.workspace,
        cohorts.cohort_week,
        cohorts.users,
        horizon.today,
        greatest(
            cohorts.last_seen,
            cast(floor({{ to_double(days_between('cohorts.cohort_week', 'horizon.today')) }} / 7) as integer)
        ) as last_week
    from cohorts
    cross join horizon

),

weeks as (

    select
        aged.workspace,
        aged.cohort_week,
        aged.users,
        aged.today,
        numbers.weeks_since
    from aged
    cross join lateral {{ each_number('aged.last_week') }} as numbers (weeks_since)

),

final as (

    select
        weeks.cohort_week,
        weeks.workspace,
        weeks.weeks_since,
        {{ days_after('weeks.cohort_week', '7 * weeks.weeks_since') }} as week,
        {{ days_after('weeks.cohort_week', '7 * weeks.weeks_since + 7') }} <= weeks.today as is_complete,
        weeks.users,
        coalesce(retained.entries, 0) as retained,
        {{ ratio('coalesce(retained.entries, 0)', 'weeks.users') }} as retention_rate
    from weeks
    left join retained
        on
            weeks.workspace = retained.workspace
            and weeks.cohort_week = retained.cohort_week
            and weeks.weeks_since = retained.weeks_since

)

select * from final
