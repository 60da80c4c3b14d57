-- One row a stated price, as it landed: which of them holds is decided above.
with

source_rows as (

    select * from {{ source('raw', 'price_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as price_key,
        {{ source_relation('raw', 'price_log') }} as source_relation,
        batch_id,
        line_no,
        event_id,
        ts as occurred_at,
        {{ short_name('workspace') }} as workspace,
        source,
        environment,
        release,
        region,
        project,
        {{ id_or_none('task_id') }} as task_id,
        trace_id,
        span_id,
        parent_span_id,
        {{ id_or_none('session_id') }} as session_id,
        subject_ref,
        attributes,
        {{ labelled(short_name('provider')) }} as provider,
        {{ short_name('model') }} as model,
        coalesce(service_tier, 'standard') as service_tier,
        coalesce({{ short_name('for_workspace') }}, '*') as scope,
        origin,
        valid_from,
        valid_to,
        above_input_tokens,
        coalesce(tier_mode = 'marginal', false) as is_marginal,
        withdrawn as is_withdrawn,
        {{ to_nanos('input_price') }} as input_price,
        {{ to_nanos('cache_read_price') }} as cache_read_price,
        {{ to_nanos('cache_write_price') }} as cache_write_price,
        {{ to_nanos('cache_write_1h_price') }} as cache_write_1h_price,
        {{ to_nanos('audio_input_price') }} as audio_input_price,
        {{ to_nanos('image_input_price') }} as image_input_price,
        {{ to_nanos('output_price') }} as output_price,
        {{ to_nanos('reasoning_price') }} as reasoning_price,
        {{ to_nanos('audio_output_price') }} as audio_output_price,
        {{ to_nanos('request_price') }} as request_price,
        {{ to_nanos('tool_call_price') }} as tool_call_price
    from source_rows

)

select * from renamed
