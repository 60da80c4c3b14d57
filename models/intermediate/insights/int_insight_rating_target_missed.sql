-- One row a workspace and surface whose average rating of the newest whole week missed its target.
with

feedback_analysis as (

    select * from {{ ref('feedback_analysis') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'rating_target_missed'

),

found as (

    select
        feedback_analysis.workspace,
        feedback_analysis.surface,
        feedback_analysis.surface as subject,
        windows.newest_week as period_start,
        windows.weeks_end as period_end,
        feedback_analysis.average_rating as value,
        'The average rating is '
        || round(cast(feedback_analysis.average_rating as decimal(38, 9)), 1) as title,
        'The target is {{ var("average_rating_target") }}; '
        || {{ said_number('feedback_analysis.ratings') }}
        || ' ratings in the newest whole week.' as description
    from feedback_analysis
    inner join windows
        on feedback_analysis.week = windows.newest_week
    cross join rules
    where feedback_analysis.rating_target = 'missed' and rules.threshold > 0

),

final as (

    select
        {{ insight_columns(
            'feedback_analysis', ['workspace', 'surface'], 'week',
            severity="case when value < 3 then 'high' else 'medium' end"
        ) }}
    from found

)

select * from final
