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

final as (

    {{ histogram('clocked', ['workspace', 'day', 'data_source', 'index_version']) }}

)

select * from final
