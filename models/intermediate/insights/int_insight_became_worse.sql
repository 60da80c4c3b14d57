-- One row a finding of `regression_alerts` in the newest whole week.
with

regression_alerts as (

    select * from {{ ref('regression_alerts') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'became_worse'

),

found as (

    select
        regression_alerts.workspace,
        regression_alerts.finding_id,
        regression_alerts.metric || case
            when regression_alerts.segment_kind <> 'all'
                then ' of ' || regression_alerts.segment_kind || ' ' || regression_alerts.segment
            else ''
        end as subject,
        regression_alerts.severity,
        windows.newest_week as period_start,
        windows.weeks_end as period_end,
        regression_alerts.change as value,
        case regression_alerts.metric
            when 'latency_p95_ms' then 'Latency became worse'
            when 'success_rate' then 'Success became worse'
            when 'cost_per_query_usd' then 'Queries became dearer'
            else 'Quality became worse'
        end as title,
        case regression_alerts.metric
            when 'latency_p95_ms' then 'The p95 latency rose by '
            when 'success_rate' then 'The success rate fell by '
            when 'cost_per_query_usd' then 'The cost of a query rose by '
            else 'The quality fell by '
        end
        || case
            when regression_alerts.metric in ('latency_p95_ms', 'cost_per_query_usd')
                then {{ said_share('abs(regression_alerts.change)') }}
            else replace({{ said_share('abs(regression_alerts.change)') }}, '%', 'points')
        end || ' from one week to the next, over '
        || {{ said_number('regression_alerts.current_queries') }} || ' queries.' as description
    from regression_alerts
    inner join windows
        on regression_alerts.week = windows.newest_week
    cross join rules
    where abs(regression_alerts.change) > rules.threshold

),

final as (

    select
        {{ insight_columns(
            'regression_alerts', ['finding_id'],
            severity="case severity when 'critical' then 'critical' else 'high' end"
        ) }}
    from found

)

select * from final
