-- The finished percentiles of a local day by workspace, model and surface. The key is the whole cell, so that
-- a late query recomputes one cell and not its day.
{{ config(materialized='touched', key=['workspace', 'day', 'provider', 'model', 'surface']) }}
with

pages as (

    select * from
        {{ keyed(
            ref('agg_latency_by_surface_daily'),
            ['workspace', 'day', 'provider', 'model', 'surface'],
            makes_rows='always',
        ) }}

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
