-- How many people of a cohort (workspace and first week) came back so many weeks later. Weeks in which
-- nobody did have no row.
{{ config(key=['workspace', 'cohort_week', 'weeks_since']) }}
with

returns as (

    select * from {{ changes(ref('srv_user_returns')) }} as changes

),

final as (

    select
        workspace,
        cohort_week,
        weeks_since,
        {{ sum_counts('sign') }} as entries
    from returns
    group by workspace, cohort_week, weeks_since

)

select * from final
