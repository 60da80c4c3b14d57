-- One row a billable call. A call belongs to the outermost query of its id, so that an id which a producer
-- used twice cannot count a cost twice; a call without a query stays, with no query_key. What is counted
-- comes first: a row is read up to what is asked. What else its line says stands in the log, by cost_key.
{{ config(materialized='touched', key=['thread_ref']) }}
with

costs as (

    select * from {{ keyed(ref('stg_native__costs'), 'thread_ref', makes_rows='always') }}

),

queries as (

    select
        query_key,
        query_ref
    from {{ keyed(ref('stg_native__queries'), 'query_ref', makes_rows=false) }}

),

parts as (

    select
        query_key,
        place
    from {{ keyed(ref('fct_query_parts'), 'query_ref', makes_rows=false) }}

),

outermost_queries as (

    -- Few ids have several lines, and those are ranked there.
    select
        queries.query_key,
        queries.query_ref
    from queries
    left join parts on queries.query_key = parts.query_key
    where coalesce(parts.place, 1) = 1

),

prices as (

    select * from {{ looked_up(ref('dim_prices'), told_by=ref('int_calls_repriced'), columns='thread_ref') }}

),

{{ own_prices('prices') }},

rates as (

    {{ exchange_rates() }}

),

matched as (

    select
        costs.*,
        outermost_queries.query_key,
        {{ prompt_tokens('costs') }} as prompt_tokens,
        {{ labelled('costs.provider') }} as price_provider,
        coalesce(own_prices.scope, '*') as price_scope,
        {{ usd_per_unit('costs') }} as usd_per_unit
    from costs
    left join outermost_queries on costs.thread_ref = outermost_queries.query_ref
    left join own_prices
        on
            costs.workspace = own_prices.scope
            and {{ labelled('costs.provider') }} = own_prices.provider
            and costs.model = own_prices.model
    left join rates
        on
            costs.currency = rates.currency
            and {{ utc_day('costs.occurred_at') }} >= rates.valid_from
            and ({{ utc_day('costs.occurred_at') }} < rates.valid_to or rates.valid_to is null)
    {{ computed_once() }}

),

priced as (

    {{ priced_calls('matched', 'prices') }}

),

final as (

    select
        cost_key,
        thread_ref,
        query_key,
        workspace,
        occurred_at,
        {{ local_day('occurred_at') }} as day,
        {{ utc_day('occurred_at') }} as billing_day,
        provider,
        model,
        call_type,
        requests,
        coalesce(input_tokens, 0) as input_tokens,
        coalesce(cache_read_tokens, 0) as cache_read_tokens,
        coalesce(cache_write_tokens, 0) + coalesce(cache_write_1h_tokens, 0) as cache_write_tokens,
        coalesce(audio_input_tokens, 0)
        + coalesce(image_input_tokens, 0)
        + coalesce(audio_output_tokens, 0) as media_tokens,
        coalesce(output_tokens, 0) as output_tokens,
        coalesce(reasoning_tokens, 0) as reasoning_tokens,
        {{ cost_status('reported_cost', 'reported_nanos', 'computed_nanos') }} as cost_status,
        {{ cost_by_basis('reported_nanos', 'computed_nanos') }} as cost_nanos,
        reported_nanos,
        computed_status,
        computed_nanos,
        case when computed_nanos is not null then cache_saved_nanos end as cache_saved_nanos,
        price_key,
        batch_id,
        event_id,
        reported_cost
    from priced

)

select * from final
