-- One row a name, service tier, workspace, period and length of prompt: what holds when, who said so and
-- since when it is known. Finer would be everything ever stated; `assay prices list` shows the last of
-- that.
with

prices as (

    select * from {{ ref('dim_prices') }}

),

batches as (

    select * from {{ ref('int_batches_landed') }}

),

final as (

    select
        prices.provider,
        prices.model,
        prices.service_tier,
        prices.scope as workspace,
        prices.valid_from,
        prices.valid_to,
        prices.above_input_tokens,
        prices.up_to_input_tokens,
        prices.origin,
        batches.landed_at as known_since,
        {{ nanos_to_usd('prices.input_price') }} as input_price_usd,
        {{ nanos_to_usd('prices.cache_read_price') }} as cache_read_price_usd,
        {{ nanos_to_usd('prices.cache_write_price') }} as cache_write_price_usd,
        {{ nanos_to_usd('prices.cache_write_1h_price') }} as cache_write_1h_price_usd,
        {{ nanos_to_usd('prices.audio_input_price') }} as audio_input_price_usd,
        {{ nanos_to_usd('prices.image_input_price') }} as image_input_price_usd,
        {{ nanos_to_usd('prices.output_price') }} as output_price_usd,
        {{ nanos_to_usd('prices.reasoning_price') }} as reasoning_price_usd,
        {{ nanos_to_usd('prices.audio_output_price') }} as audio_output_price_usd,
        {{ nanos_to_usd('prices.request_price') }} as request_price_usd,
        {{ nanos_to_usd('prices.tool_call_price') }} as tool_call_price_usd,
        prices.marginal_above_tokens,
        {{ nanos_to_usd('prices.marginal_input_price') }} as marginal_input_price_usd,
        {{ nanos_to_usd('prices.marginal_cache_read_price') }} as marginal_cache_read_price_usd
    from prices
    left join batches
        on prices.batch_id = batches.batch_id

)

select * from final
