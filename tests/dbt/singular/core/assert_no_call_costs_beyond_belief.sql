-- A row is a call that claims to cost more, or to have used more tokens, than any call does: a unit that was
-- mistaken, say nano-dollars for dollars. Tagged `delta`: a new batch with one is held, not published.
{{ config(tags=['delta'], group='core', meta={'dagster': {'ref': {'name': 'fct_costs'}}}) }}
with

costs as (

    select * from {{ changes(ref('stg_native__costs')) }} as changes

),

final as (

    select batch_id
    from costs
    where
        abs(reported_cost) > {{ var('largest_believable_cost') }}
        or coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(output_tokens, 0)
        > {{ var('most_believable_tokens') }}

)

select * from final
