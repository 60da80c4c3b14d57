-- One row a person and local week in which that person asked something.
{{ config(materialized='touched', key=['subject_ref', 'week']) }}
with

days as (

    select * from {{ keyed(ref('srv_user_days'), ['subject_ref', 'week'], makes_rows='always') }}

),

final as (

    select
        subject_ref,
        week,
        workspace,
        min(day) as first_active_day,
        max(day) as last_active_day,
        count(*) as active_days
    from days
    group by subject_ref, week, workspace

)

select * from final
