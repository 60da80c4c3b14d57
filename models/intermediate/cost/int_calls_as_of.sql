-- One row a billable call that had landed by a moment of the reader's choice, priced by what was known
-- then: what the marts said that day. Read from the logs, so it reaches as far back as they do.
with

batches as (

    select * from {{ ref('int_batches_landed') }}
    where {{ was_known('landed_at') }}

),

statements as (

    select prices.*
    from {{ ref('stg_native__prices') }} as prices
    inner join batches
        on prices.batch_id = batches.batch_id

),

{{ price_periods('statements') }},

{{ own_prices('price_periods') }},

rates as (

    {{ exchange_rates() }}

),

known as (

    select
        calls.*,
        {{ prompt_tokens('calls') }} as prompt_tokens,
        {{ labelled('calls.provider') }} as price_provider,
        coalesce(own_prices.scope, '*') as price_scope,
        {{ usd_per_unit('calls') }} as usd_per_unit
    from {{ ref('stg_native__costs') }} as calls
    inner join batches
        on calls.batch_id = batches.batch_id
    left join own_prices
        on
            calls.workspace = own_prices.scope
            and {{ labelled('calls.provider') }} = own_prices.provider
            and calls.model = own_prices.model
    left join rates
        on
            calls.currency = rates.currency
            and {{ utc_day('calls.occurred_at') }} >= rates.valid_from
            and ({{ utc_day('calls.occurred_at') }} < rates.valid_to or rates.valid_to is null)
    {{ computed_once() }}

),

priced as (

    {{ priced_calls('known', 'price_periods') }}

),

final as (

    select
        cost_key,
        workspace,
        {{ local_day('occurred_at') }} as day,
        price_provider as provider,
        model,
        price_key,
        computed_status,
        computed_nanos,
        reported_nanos,
        {{ cost_by_basis('reported_nanos', 'computed_nanos') }} as cost_nanos
    from priced

)

select * from final
