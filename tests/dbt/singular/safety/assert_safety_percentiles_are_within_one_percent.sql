-- A row is a day, workspace, guardrail and category whose percentile in safety_metrics is more than 1 %
-- away from that of its checks: the histogram or the search of a rank in it is wrong.
{{ config(meta={'dagster': {'ref': {'name': 'safety_metrics'}}}) }}
with

exact as (

    select
        workspace,
        day,
        guardrail,
        {{ labelled('category') }} as category,
        {{ percentile('latency_ms', 0.50) }} as p50_ms,
        {{ percentile('latency_ms', 0.95) }} as p95_ms
    from {{ ref('fct_guardrail_checks') }}
    where latency_ms is not null
    group by workspace, day, guardrail, {{ labelled('category') }}

),

final as (

    select
        exact.*,
        safety_metrics.latency_p50_ms,
        safety_metrics.latency_p95_ms
    from exact
    left join {{ ref('safety_metrics') }} as safety_metrics
        on
            exact.workspace = safety_metrics.workspace
            and exact.day = safety_metrics.day
            and exact.guardrail = safety_metrics.guardrail
            and exact.category = safety_metrics.category
    where
        coalesce(abs(safety_metrics.latency_p50_ms - exact.p50_ms) > 0.010001 * exact.p50_ms, true)
        or coalesce(abs(safety_metrics.latency_p95_ms - exact.p95_ms) > 0.010001 * exact.p95_ms, true)

)

select * from final
