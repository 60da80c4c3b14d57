-- One row a person who ever asked something. Read from weeks, because a person has few of them.
{{ config(
    materialized='touched',
    key=['subject_ref'],
    indexes=[{'columns': ['workspace', 'last_active_day']}],
) }}
with

weeks as (

    select * from {{ keyed(ref('srv_user_weeks'), 'subject_ref', makes_rows='always') }}

),

final as (

    select
        subject_ref,
        workspace,
        min(first_active_day) as first_active_day,
        max(last_active_day) as last_active_day,
        min(week) as cohort_week,
        {{ sum_counts('active_days') }} as active_days,
        count(*) as active_weeks
    from weeks
    group by subject_ref, workspace

)

select * from final
