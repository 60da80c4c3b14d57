-- The histogram of each clock over the queries of a local day and workspace, a page of log buckets a row.
-- Percentiles do not add up, histograms do.
{{ config(key=['workspace', 'day', 'measure', 'page']) }}
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
        queries.day,
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
        day,
        measure,
        page,
        {{ page_counts() }}
    from paged
    group by workspace, day, measure, page

)

select * from final
