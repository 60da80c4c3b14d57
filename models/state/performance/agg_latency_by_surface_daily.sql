-- The latency histogram of a local day by workspace, model and surface, a page of log buckets a row.
{{ config(key=['workspace', 'day', 'provider', 'model', 'surface', 'page']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

clocked as (

    select
        workspace,
        day,
        {{ labelled('provider') }} as provider,
        {{ labelled('model') }} as model,
        {{ labelled('surface') }} as surface,
        latency_bucket as bucket,
        sign
    from queries

),

final as (

    {{ histogram('clocked', ['workspace', 'day', 'provider', 'model', 'surface']) }}

)

select * from final
