-- A row is a query that claims to have taken longer than anybody waits: microseconds logged as milliseconds,
-- say. Tagged `delta`: a new batch with one is held, not published.
{{ config(tags=['delta'], group='core', meta={'dagster': {'ref': {'name': 'fct_queries'}}}) }}
with

queries as (

    select * from {{ changes(ref('stg_native__queries')) }} as changes

),

final as (

    select batch_id
    from queries
    where
        greatest(latency_ms, first_token_ms, retrieval_ms, llm_ms) > {{ var('longest_believable_ms') }}

)

select * from final
