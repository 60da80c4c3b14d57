-- One row a complete week and segment whose 95th percentile of latency rose by more than a fifth over the
-- week before: the plain rule of the first dashboards.
with

weeks as (

    select * from {{ ref('int_weeks_compared') }}

),

compared as (

    select
        *,
        {{ ratio('latency_p95_ms', 'latency_p95_ms_before') }} - 1 as change
    from weeks
    where
        measured_queries >= {{ alert_when('minimum_queries_to_alert') }}
        and measured_queries_before >= {{ alert_when('minimum_queries_to_alert') }}

),

final as (

    select
        workspace,
        week,
        segment_kind,
        segment,
        'latency_p95_ms' as metric,
        measured_queries_before as baseline_queries,
        measured_queries as current_queries,
        latency_p95_ms_before as baseline,
        latency_p95_ms as current_value,
        change,
        'relative' as change_unit,
        {{ to_double(alert_when('latency_p95_rise_to_alert')) }} as threshold,
        {{ to_double('null') }} as interval_low,
        {{ to_double('null') }} as interval_high,
        'not_estimated' as interval_status
    from compared
    where change > {{ alert_when('latency_p95_rise_to_alert') }}

)

select * from final
