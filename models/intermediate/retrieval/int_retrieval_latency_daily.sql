-- The percentiles of a local day by workspace, data source and index version: few cells, finished as they
-- are read.
with

pages as (

    select * from {{ ref('agg_retrieval_latency_daily') }}

),

ranked as (

    {{ ranked_pages('pages', ['workspace', 'day', 'data_source', 'index_version']) }}

),

found as (

    select
        workspace,
        day,
        data_source,
        index_version,
        max(n_in_all) as measured_retrievals,
        {{ page_percentile(0.50) }} as latency_p50_bucket,
        {{ page_percentile(0.95) }} as latency_p95_bucket
    from ranked
    group by workspace, day, data_source, index_version

),

final as (

    select
        workspace,
        day,
        data_source,
        index_version,
        measured_retrievals,
        {{ bucket_ms('latency_p50_bucket') }} as latency_p50_ms,
        {{ bucket_ms('latency_p95_bucket') }} as latency_p95_ms
    from found

)

select * from final
