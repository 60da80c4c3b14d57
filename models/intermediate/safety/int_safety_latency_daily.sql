-- The percentiles of a local day by workspace, guardrail and category: few cells, finished as they are read.
with

pages as (

    select * from {{ ref('agg_safety_latency_daily') }}

),

ranked as (

    {{ ranked_pages('pages', ['workspace', 'day', 'guardrail', 'category']) }}

),

found as (

    select
        workspace,
        day,
        guardrail,
        category,
        max(n_in_all) as measured_checks,
        {{ page_percentile(0.50) }} as latency_p50_bucket,
        {{ page_percentile(0.95) }} as latency_p95_bucket
    from ranked
    group by workspace, day, guardrail, category

),

final as (

    select
        workspace,
        day,
        guardrail,
        category,
        measured_checks,
        {{ bucket_ms('latency_p50_bucket') }} as latency_p50_ms,
        {{ bucket_ms('latency_p95_bucket') }} as latency_p95_ms
    from found

)

select * from final
