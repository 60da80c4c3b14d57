-- One row a workspace and guardrail whose verdicts people overturn when they look at them.
with

safety_metrics as (

    select * from {{ ref('safety_metrics') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'blocks_overturned'

),

counted as (

    select
        safety_metrics.workspace,
        safety_metrics.guardrail,
        windows.days_28_start as period_start,
        windows.period_end,
        sum(safety_metrics.overturned) as overturned,
        sum(safety_metrics.overturned + safety_metrics.upheld) as reviewed
    from safety_metrics
    cross join windows
    where safety_metrics.day between windows.days_28_start and windows.last_day
    group by safety_metrics.workspace, safety_metrics.guardrail, windows.days_28_start, windows.period_end

),

found as (

    select
        counted.workspace,
        counted.guardrail,
        counted.guardrail as subject,
        counted.period_start,
        counted.period_end,
        rules.threshold,
        {{ ratio('counted.overturned', 'counted.reviewed') }} as value,
        {{ said_share(ratio('counted.overturned', 'counted.reviewed')) }}
        || ' of a guardrail''s verdicts were overturned' as title,
        'People looked at ' || {{ said_number('counted.reviewed') }}
        || ' verdicts in four weeks and overturned '
        || {{ said_number('counted.overturned') }} || '.' as description
    from counted
    cross join rules
    where
        counted.reviewed >= {{ var('minimum_queries_to_judge') }}
        and counted.overturned >= rules.threshold * counted.reviewed

),

final as (

    select
        {{ insight_columns(
            'safety_metrics', ['workspace', 'guardrail'], 'day', severity=severity_of('value', 'threshold')
        ) }}
    from found

)

select * from final
