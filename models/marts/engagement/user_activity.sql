-- One row a local week, workspace and person who asked something in it.
with

weeks as (

    select * from {{ ref('agg_user_activity_weekly') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

final as (

    select
        weeks.week,
        weeks.workspace,
        weeks.subject_ref,
        {{ days_after('weeks.week', 7) }} <= horizon.today as is_complete,
        {{ outcome_columns('weeks') }},
        {{ token_columns('weeks') }},
        {{ cost_columns('weeks') }},
        weeks.positive_feedback,
        weeks.negative_feedback,
        {{ not_judged_because('weeks.queries - weeks.cancelled') }} as success_not_judged_because
    from weeks
    cross join horizon

)

select * from final
