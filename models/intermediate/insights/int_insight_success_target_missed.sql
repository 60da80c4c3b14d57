-- One row a workspace whose success rate missed its target on most of the last seven days.
with

performance_overview as (

    select * from {{ ref('performance_overview') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'success_target_missed'

),

counted as (

    select
        performance_overview.workspace,
        windows.days_7_start as period_start,
        windows.period_end,
        count(*) as judged,
        count(case when performance_overview.success_target = 'missed' then 1 end) as missed,
        min(performance_overview.success_rate) as worst
    from performance_overview
    cross join windows
    where
        performance_overview.day between windows.days_7_start and windows.last_day
        and performance_overview.success_target <> 'not_judged'
    group by performance_overview.workspace, windows.days_7_start, windows.period_end

),

found as (

    select
        counted.workspace,
        'missed' as success_target,
        'all' as subject,
        counted.period_start,
        counted.period_end,
        counted.missed as value,
        'The success rate missed its target on ' || counted.missed || ' of ' || counted.judged
        || ' days' as title,
        'The target is ' || {{ said_share(var('success_rate_target')) }}
        || '; the worst day of the last seven had '
        || {{ said_share('counted.worst') }} || '.' as description
    from counted
    cross join rules
    where counted.missed >= rules.threshold

),

final as (

    select
        {{ insight_columns(
            'performance_overview', ['workspace', 'success_target'], 'day',
            severity="case when value >= 6 then 'high' else 'medium' end"
        ) }}
    from found

)

select * from final
