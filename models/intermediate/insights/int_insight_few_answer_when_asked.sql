-- One row a workspace and surface on which hardly anybody who is asked says anything.
with

feedback_analysis as (

    select * from {{ ref('feedback_analysis') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'few_answer_when_asked'

),

found as (

    select
        feedback_analysis.workspace,
        feedback_analysis.surface,
        feedback_analysis.surface as subject,
        windows.newest_week as period_start,
        windows.weeks_end as period_end,
        feedback_analysis.response_rate as value,
        {{ said_share('feedback_analysis.response_rate') }}
        || ' of those asked for feedback give it' as title,
        {{ said_number('feedback_analysis.answered') }} || ' of '
        || {{ said_number('feedback_analysis.asked') }}
        || ' asks of the newest whole week were answered.' as description
    from feedback_analysis
    inner join windows
        on feedback_analysis.week = windows.newest_week
    cross join rules
    where
        feedback_analysis.response_rate_not_judged_because is null
        and feedback_analysis.response_rate < rules.threshold

),

final as (

    select
        {{ insight_columns('feedback_analysis', ['workspace', 'surface'], 'week', severity="'low'") }}
    from found

)

select * from final
