-- One row a stated price and call that it could matter to, whoever wins in the end: what tells a refresh
-- which calls a new price touches, and as far back as the price reaches.
with

prices as (

    select * from {{ ref('stg_native__prices') }}

),

costs as (

    select * from {{ ref('stg_native__costs') }}

),

final as (

    select
        prices.price_key,
        costs.cost_key,
        costs.thread_ref,
        prices.batch_id
    from costs
    inner join prices
        on
            {{ labelled('costs.provider') }} = prices.provider
            and costs.model = prices.model
            and coalesce(costs.service_tier, 'standard') = prices.service_tier
            and costs.occurred_at >= prices.valid_from
    where prices.scope in ('*', costs.workspace)

)

select * from final
