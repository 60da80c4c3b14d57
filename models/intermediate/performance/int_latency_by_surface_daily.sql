-- The percentiles of a local day by workspace, model and surface: few cells of few pages, finished as they
-- are read. Kept finished they were a twentieth of a refresh.
with

pages as (

    select * from {{ ref('agg_latency_by_surface_daily') }}

),

ranked as (

    {{ ranked_pages('pages', ['workspace', 'day', 'provider', 'model', 'surface']) }}

),

found as (

    select
        workspace,
        day,
        provider,
        model,
        surface,
        max(n_in_all) as measured_queries,
        {{ page_percentile(0.50) }} as latency_p50_bucket,
        {{ page_percentile(0.95) }} as latency_p95_bucket,
        {{ page_percentile(0.99) }} as latency_p99_bucket
    from ranked
    group by workspace, day, provider, model, surface

),

final as (

    select
        workspace,
        day,
        provider,
        model,
        surface,
        measured_queries,
        {{ bucket_ms('latency_p50_bucket') }} as latency_p50_ms,
        {{ bucket_ms('latency_p95_bucket') }} as latency_p95_ms,
        {{ bucket_ms('latency_p99_bucket') }} as latency_p99_ms
    from found

)

select * from final
