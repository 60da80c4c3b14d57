-- The histogram of each clock over the queries of a UTC hour and workspace, a page of log buckets a row.
-- Percentiles do not add up, histograms do.
{{ config(key=['workspace', 'hour_at', 'measure', 'page']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

measures as (

    {{ latency_measures() }}

),

clocked as (

    select
        queries.workspace,
        {{ hour_of('queries.occurred_at') }} as hour_at,
        measures.measure,
        {{ measured_bucket() }} as bucket,
        queries.sign
    from queries
    cross join measures

),

paged as (

    select
        *,
        {{ bucket_page('bucket') }} as page,
        {{ bucket_slot('bucket') }} as slot
    from clocked
    where bucket is not null
    {{ computed_once() }}

),

final as (

    select
        workspace,
        hour_at,
        measure,
        page,
        {{ page_counts() }}
    from paged
    group by workspace, hour_at, measure, page

)

select * from final
