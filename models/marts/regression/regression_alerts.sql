-- One row a finding: a metric of a segment that became worse from one complete week to the next. A finding
-- keeps its id as long as its week, segment and metric are found.
with

latency as (

    select * from {{ ref('int_alerts_of_latency') }}

),

success as (

    select * from {{ ref('int_alerts_of_success') }}

),

quality as (

    select * from {{ ref('int_alerts_of_quality') }}

),

cost as (

    select * from {{ ref('int_alerts_of_cost') }}

),

findings as (

    select * from latency
    union all
    select * from success
    union all
    select * from quality
    union all
    select * from cost

),

final as (

    select
        {{ finding_id() }} as finding_id,
        {{ local_midnight(days_after('week', 7)) }} as detected_at,
        workspace,
        week,
        metric,
        segment_kind,
        segment,
        baseline,
        current_value as current,
        change,
        change_unit,
        threshold,
        interval_low,
        interval_high,
        interval_status,
        baseline_queries,
        current_queries,
        'week_over_week_rule' as test,
        case when abs(change) >= 2 * threshold then 'critical' else 'warning' end as severity,
        'open' as status,
        cast(null as {{ dbt.type_string() }}) as cause,
        'not_judged' as cause_status
    from findings

)

select * from final
