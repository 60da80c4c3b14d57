-- One row a group of questions that fails more than all others, with the fix that usually helps.
with

feedback_patterns as (

    select * from {{ ref('feedback_patterns') }}

),

newest as (

    -- The mart's days end with it, also where that day still runs.
    select * from {{ ref('int_newest_day') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'questions_fail_alike'

),

found as (

    select
        feedback_patterns.workspace,
        feedback_patterns.group_kind,
        feedback_patterns.group_name,
        feedback_patterns.priority,
        feedback_patterns.suggested_fix,
        feedback_patterns.group_kind || ' ' || feedback_patterns.group_name as subject,
        {{ days_after('newest.newest_day', '1 - ' ~ var('pattern_days')) }} as period_start,
        {{ days_after('newest.newest_day', 1) }} as period_end,
        newest.newest_day < horizon.today as is_complete,
        feedback_patterns.excess_failures as value,
        coalesce(
            'A group of questions fails ' || round(cast(feedback_patterns.lift as decimal(38, 9)), 1)
            || ' times as often as the others',
            'A group of questions fails where no other does'
        ) as title,
        {{ said_number('feedback_patterns.occurrences') }} || ' of '
        || {{ said_number('feedback_patterns.queries') }}
        || ' fail (' || {{ said_share('feedback_patterns.failure_rate') }} || ', elsewhere '
        || {{ said_share('feedback_patterns.other_failure_rate') }} || '); '
        || {{ said_number('feedback_patterns.excess_failures') }} || ' would not have.' as description
    from feedback_patterns
    cross join newest
    cross join horizon
    cross join rules
    where feedback_patterns.verdict = 'failing' and feedback_patterns.priority in ('high', 'medium')

),

final as (

    select
        {{ insight_columns(
            'feedback_patterns', ['workspace', 'group_kind', 'group_name'],
            severity='priority', is_complete='is_complete', recommendation='suggested_fix'
        ) }}
    from found

)

select * from final
