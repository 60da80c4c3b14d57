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

final as (

    {{ histogram('clocked', ['workspace', 'hour_at', 'measure']) }}

)

select * from final
