-- One row a content gap that is open and that people ask about.
with

content_gaps as (

    select * from {{ ref('content_gaps') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'content_gap_open'

),

found as (

    select
        content_gaps.workspace,
        content_gaps.gap_id,
        content_gaps.gap_id as subject,
        content_gaps.first_day as period_start,
        {{ days_after('content_gaps.last_day', 1) }} as period_end,
        rules.threshold,
        content_gaps.recent_questions as value,
        {{ said_number('content_gaps.recent_questions') }}
        || ' questions of late have no answer in the knowledge base'
            as title,
        {{ said_number('content_gaps.questions') }} || ' questions of '
        || {{ said_number('content_gaps.users') }} || ' people since the gap was first seen; '
        || {{ said_number('content_gaps.dissatisfied') }} || ' left somebody dissatisfied.' as description
    from content_gaps
    cross join rules
    where
        content_gaps.status not in ('published', 'dismissed')
        and content_gaps.recent_questions >= rules.threshold

),

final as (

    select
        {{ insight_columns(
            'content_gaps', ['workspace', 'gap_id'], severity=severity_of('value', 'threshold')
        ) }}
    from found

)

select * from final
