-- A row is a call that claims to cost more, or to have used more tokens or requests, than any call does: a
-- unit that was mistaken, say nano-dollars for dollars. Every meter counts, since each has a price. Tagged
-- `delta`: a new batch with one is held, not published.
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
        or requests > {{ var('most_believable_requests') }}
        or {% for meter in token_meters() -%}
            coalesce({{ meter }}_tokens, 0) {{ '+ ' if not loop.last }}
        {%- endfor %} > {{ var('most_believable_tokens') }}

)

select * from final
