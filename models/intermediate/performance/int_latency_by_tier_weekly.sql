-- The percentiles of a local week by workspace, tier of complexity and model: few cells, finished as they are
-- read.
with

pages as (

    select * from {{ ref('agg_latency_by_tier_weekly') }}

),

ranked as (

    {{ ranked_pages('pages', ['workspace', 'week', 'tier', 'model']) }}

),

found as (

    select
        workspace,
        week,
        tier,
        model,
        max(n_in_all) as measured_queries,
        {{ page_percentile(0.50) }} as latency_p50_bucket,
        {{ page_percentile(0.95) }} as latency_p95_bucket,
        {{ page_percentile(0.99) }} as latency_p99_bucket
    from ranked
    group by workspace, week, tier, model

),

final as (

    select
        workspace,
        week,
        tier,
        model,
        measured_queries,
        {{ bucket_ms('latency_p50_bucket') }} as latency_p50_ms,
        {{ bucket_ms('latency_p95_bucket') }} as latency_p95_ms,
        {{ bucket_ms('latency_p99_bucket') }} as latency_p99_ms
    from found

)

select * from final
