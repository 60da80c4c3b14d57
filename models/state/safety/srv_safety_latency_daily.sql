-- The finished percentiles of a local day by workspace, guardrail and category; the key is the whole cell, so
-- that a late check recomputes one cell and not its day.
{{ config(materialized='touched', key=['workspace', 'day', 'guardrail', 'category']) }}
with

pages as (

    select * from {{ keyed(ref('agg_safety_latency_daily'), ['workspace', 'day', 'guardrail', 'category']) }}

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
