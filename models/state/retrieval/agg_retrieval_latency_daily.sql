-- The latency histogram of the retrievals of a local day by workspace, data source and index version, a page
-- of log buckets a row. Percentiles do not add up, histograms do.
{{ config(key=['workspace', 'day', 'data_source', 'index_version', 'page']) }}
with

retrievals as (

    select * from {{ changes(ref('fct_retrievals')) }} as changes

),

clocked as (

    select
        workspace,
        day,
        {{ labelled('data_source') }} as data_source,
        {{ labelled('index_version') }} as index_version,
        {{ latency_bucket('latency_ms') }} as bucket,
        sign
    from retrievals
    {{ computed_once() }}

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
        data_source,
        index_version,
        page,
        {{ page_counts() }}
    from paged
    group by workspace, day, data_source, index_version, page

)

select * from final
