-- The percentiles of a local week by workspace and segment: few cells, finished as they are read.
with

pages as (

    select * from {{ ref('agg_latency_weekly') }}

),

ranked as (

    {{ ranked_pages('pages', ['workspace', 'week', 'segment_kind', 'segment']) }}

),

found as (

    select
        workspace,
        week,
        segment_kind,
        segment,
        max(n_in_all) as measured_queries,
        {{ page_percentile(0.50) }} as latency_p50_bucket,
        {{ page_percentile(0.95) }} as latency_p95_bucket,
        {{ page_percentile(0.99) }} as latency_p99_bucket
    from ranked
    group by workspace, week, segment_kind, segment

),

final as (

    select
        workspace,
        week,
        segment_kind,
        segment,
        measured_queries,
        {{ bucket_ms('latency_p50_bucket') }} as latency_p50_ms,
        {{ bucket_ms('latency_p95_bucket') }} as latency_p95_ms,
        {{ bucket_ms('latency_p99_bucket') }} as latency_p99_ms
    from found

)

select * from final
