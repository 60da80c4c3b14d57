-- One row a person and active week, counted from the week in which that person first came.
{{ config(materialized='touched', key=['subject_ref']) }}
with

weeks as (

    select * from {{ keyed(ref('srv_user_weeks'), 'subject_ref', makes_rows='always') }}

),

cohorts as (

    select
        subject_ref,
        workspace,
        week,
        min(week) over (partition by subject_ref) as cohort_week
    from weeks

),

final as (

    select
        subject_ref,
        week,
        workspace,
        cohort_week,
        cast({{ days_between('cohort_week', 'week') }} / 7 as integer) as weeks_since
    from cohorts

)

select * from final
