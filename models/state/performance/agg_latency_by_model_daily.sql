-- The latency histogram of a local day by workspace and model, over all surfaces. Windows of days are merged
-- from it while somebody waits, so it is as few rows as can be.
{{ config(key=['workspace', 'day', 'provider', 'model', 'page']) }}
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
        latency_bucket as bucket,
        sign
    from queries

),

final as (

    {{ histogram('clocked', ['workspace', 'day', 'provider', 'model']) }}

)

select * from final
