-- A row is a cell of user_retention that differs from a plain count of distinct people over the queries of
-- its week, a week with people that the mart does not have, or a cohort whose own week does not hold all
-- of it.
{{ config(meta={'dagster': {'ref': {'name': 'user_retention'}}}) }}
with

user_weeks as (

    select distinct
        workspace,
        subject_ref,
        {{ week_of('day') }} as week
    from {{ ref('fct_queries') }}
    where subject_ref is not null

),

cohorts as (

    select
        *,
        min(week) over (partition by workspace, subject_ref) as cohort_week
    from user_weeks

),

counted as (

    select
        workspace,
        cohort_week,
        week,
        count(distinct subject_ref) as retained
    from cohorts
    group by workspace, cohort_week, week

),

final as (

    select
        coalesce(cells.workspace, counted.workspace) as workspace,
        coalesce(cells.cohort_week, counted.cohort_week) as cohort_week,
        coalesce(cells.week, counted.week) as week,
        cells.retained as retained_in_mart,
        counted.retained
    from {{ ref('user_retention') }} as cells
    full outer join counted
        on
            cells.workspace = counted.workspace
            and cells.cohort_week = counted.cohort_week
            and cells.week = counted.week
    where
        cells.retained is distinct from coalesce(counted.retained, 0)
        or (cells.weeks_since = 0 and cells.users <> cells.retained)

)

select * from final
