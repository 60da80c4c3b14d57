-- One row a complete local week, workspace and segment with scored answers, beside the week before it.
with

weeks as (

    select * from {{ ref('agg_answer_quality_weekly') }}

),

-- Imported twice: a step that is read twice is computed for all workspaces, whichever is asked for.
weeks_before as (

    select * from {{ ref('agg_answer_quality_weekly') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

final as (

    select
        weeks.workspace,
        weeks.week,
        weeks.segment_kind,
        weeks.segment,
        weeks.judged_answers,
        weeks.quality_millionths,
        weeks.quality_square_millionths,
        weeks_before.judged_answers as judged_answers_before,
        weeks_before.quality_millionths as quality_millionths_before,
        weeks_before.quality_square_millionths as quality_square_millionths_before
    from weeks
    inner join weeks_before
        on
            weeks.workspace = weeks_before.workspace
            and weeks.segment_kind = weeks_before.segment_kind
            and weeks.segment = weeks_before.segment
            and weeks_before.week = {{ days_after('weeks.week', -7) }}
    cross join horizon
    where {{ days_after('weeks.week', 7) }} <= horizon.today

)

select * from final
