-- One row a name, service tier, workspace, period and length of prompt: what holds when, of all that was ever
-- stated. Periods do not overlap, so that a call meets one row; where nobody stated a price there is none.
{{ config(materialized='touched', key=['provider', 'model']) }}
with

statements as (

    select * from {{ keyed(ref('stg_native__prices'), ['provider', 'model']) }}

),

{{ price_periods('statements') }},

final as (

    select
        provider,
        model,
        service_tier,
        scope,
        valid_from,
        valid_to,
        above_input_tokens,
        up_to_input_tokens,
        origin,
        price_key,
        batch_id,
        cache_read_price,
        cache_write_1h_price,
        cache_write_price,
        input_price,
        audio_input_price,
        image_input_price,
        output_price,
        reasoning_price,
        audio_output_price,
        request_price,
        tool_call_price,
        marginal_above_tokens,
        marginal_cache_read_price,
        marginal_cache_write_1h_price,
        marginal_cache_write_price,
        marginal_input_price
    from price_periods

)

select * from final
