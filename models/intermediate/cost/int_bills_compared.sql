-- One row a day (UTC), workspace, provider and model that was called or billed: what the logs and the
-- invoice say of it, side by side, their tokens valued at the price that held at the end of the day.
with

costs as (

    select
        workspace,
        billing_day,
        provider,
        model,
        {{ sum_counts('calls') }} as calls,
        {{ sum_counts('priced_calls') }} as priced_calls,
        {{ sum_counts('cost_nanos') }} as cost_nanos,
        {{ sum_counts('computed_calls') }} as computed_calls,
        {{ sum_counts('computed_nanos') }} as computed_nanos,
        {{ sum_counts('reported_calls') }} as reported_calls,
        {{ sum_counts('reported_nanos') }} as reported_nanos,
        {{ sum_counts('input_tokens') }} as input_tokens,
        {{ sum_counts('cache_read_tokens') }} as cache_read_tokens,
        {{ sum_counts('cache_write_tokens') }} as cache_write_tokens,
        {{ sum_counts('output_tokens') }} as output_tokens,
        {{ sum_counts('reasoning_tokens') }} as reasoning_tokens
    from {{ ref('agg_costs_daily') }}
    group by workspace, billing_day, provider, model

),

bills as (

    select * from {{ ref('agg_bills_daily') }}

),

{{ list_prices() }},

keys as (

    select
        workspace,
        billing_day,
        provider,
        model
    from {{ ref('agg_costs_daily') }}
    union distinct
    select
        workspace,
        billing_day,
        provider,
        model
    from {{ ref('agg_bills_daily') }}

),

final as (

    select
        keys.workspace,
        keys.billing_day,
        keys.provider,
        keys.model,
        coalesce(costs.calls, 0) as calls,
        coalesce(costs.priced_calls, 0) as priced_calls,
        coalesce(costs.cost_nanos, 0) as cost_nanos,
        coalesce(costs.computed_calls, 0) as computed_calls,
        case when costs.computed_calls > 0 then costs.computed_nanos end as computed_nanos,
        coalesce(costs.reported_calls, 0) as reported_calls,
        case when costs.reported_calls > 0 then costs.reported_nanos end as reported_nanos,
        case when bills.unconverted_lines = 0 then bills.billed_nanos end as billed_nanos,
        case when bills.unconverted_lines = 0 then bills.credit_nanos end as credit_nanos,
        bills.unconverted_lines,
        case when bills.charges_with_calls = bills.charges and bills.charges > 0 then bills.calls end
            as billed_calls,
        case
            when bills.charges_with_tokens = bills.charges and bills.charges > 0
                then {{ tokens_at_price('bills', 'prices') }}
        end as billed_tokens_nanos,
        {{ tokens_at_price('costs', 'prices') }} as logged_tokens_nanos
    from keys
    left join costs
        on
            keys.workspace = costs.workspace
            and keys.billing_day = costs.billing_day
            and keys.provider = costs.provider
            and keys.model = costs.model
    left join bills
        on
            keys.workspace = bills.workspace
            and keys.billing_day = bills.billing_day
            and keys.provider = bills.provider
            and keys.model = bills.model
    left join own_prices
        on
            keys.workspace = own_prices.scope
            and keys.provider = own_prices.provider
            and keys.model = own_prices.model
    left join prices
        on
            keys.provider = prices.provider
            and keys.model = prices.model
            and prices.scope = coalesce(own_prices.scope, '*')
            and keys.billing_day >= {{ utc_day('prices.valid_from') }}
            and (keys.billing_day < {{ utc_day('prices.valid_to') }} or prices.valid_to is null)

)

select * from final
