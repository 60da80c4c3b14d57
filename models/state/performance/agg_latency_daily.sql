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

final as (

    {{ histogram('clocked', ['workspace', 'day', 'measure']) }}

)

select * from final
