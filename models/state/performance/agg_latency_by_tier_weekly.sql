-- The latency histogram of a local week by workspace, tier of complexity and model, a page of log buckets
-- a row.
{{ config(key=['workspace', 'week', 'tier', 'model', 'page']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

clocked as (

    select
        workspace,
        {{ week_of('day') }} as week,
        complexity_tier as tier,
        {{ labelled('model') }} as model,
        latency_bucket as bucket,
        sign
    from queries

),

final as (

    {{ histogram('clocked', ['workspace', 'week', 'tier', 'model']) }}

)

select * from final
