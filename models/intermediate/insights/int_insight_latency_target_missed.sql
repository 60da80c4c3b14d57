-- One row a workspace whose p95 latency missed its target on most of the last seven days.
with

performance_overview as (

    select * from {{ ref('performance_overview') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'latency_target_missed'

),

counted as (

    select
        performance_overview.workspace,
        windows.days_7_start as period_start,
        windows.period_end,
        count(*) as judged,
        count(case when performance_overview.latency_target = 'missed' then 1 end) as missed,
        max(performance_overview.latency_p95_ms) as worst
    from performance_overview
    cross join windows
    where
        performance_overview.day between windows.days_7_start and windows.last_day
        and performance_overview.latency_target <> 'not_judged'
    group by performance_overview.workspace, windows.days_7_start, windows.period_end

),

found as (

    select
        counted.workspace,
        'missed' as latency_target,
        'all' as subject,
        counted.period_start,
        counted.period_end,
        counted.missed as value,
        'The p95 latency missed its target on ' || counted.missed || ' of ' || counted.judged
        || ' days' as title,
        'The target is ' || {{ said_number(var('latency_p95_target_ms')) }} || ' ms'
        || '; the worst day of the last seven had '
        || {{ said_number('counted.worst') }} || ' ms' || '.' as description
    from counted
    cross join rules
    where counted.missed >= rules.threshold

),

final as (

    select
        {{ insight_columns(
            'performance_overview', ['workspace', 'latency_target'], 'day',
            severity="case when value >= 6 then 'high' else 'medium' end"
        ) }}
    from found

)

select * from final
