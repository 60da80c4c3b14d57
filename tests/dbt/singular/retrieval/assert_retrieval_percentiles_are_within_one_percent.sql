-- A row is a day, workspace, data source and index version whose percentile in retrieval_quality is more
-- than 1 % away from that of its retrievals: the histogram or the search of a rank in it is wrong.
{{ config(meta={'dagster': {'ref': {'name': 'retrieval_quality'}}}) }}
with

exact as (

    select
        workspace,
        day,
        {{ labelled('data_source') }} as data_source,
        {{ labelled('index_version') }} as index_version,
        {{ percentile('latency_ms', 0.50) }} as p50_ms,
        {{ percentile('latency_ms', 0.95) }} as p95_ms
    from {{ ref('fct_retrievals') }}
    where latency_ms is not null
    group by workspace, day, {{ labelled('data_source') }}, {{ labelled('index_version') }}

),

final as (

    select
        exact.*,
        retrieval_quality.latency_p50_ms,
        retrieval_quality.latency_p95_ms
    from exact
    left join {{ ref('retrieval_quality') }} as retrieval_quality
        on
            exact.workspace = retrieval_quality.workspace
            and exact.day = retrieval_quality.day
            and exact.data_source = retrieval_quality.data_source
            and exact.index_version = retrieval_quality.index_version
    where
        coalesce(abs(retrieval_quality.latency_p50_ms - exact.p50_ms) > 0.010001 * exact.p50_ms, true)
        or coalesce(abs(retrieval_quality.latency_p95_ms - exact.p95_ms) > 0.010001 * exact.p95_ms, true)

)

select * from final
