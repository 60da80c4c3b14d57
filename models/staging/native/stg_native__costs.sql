-- One row a billable call. Its token counts are disjoint: together they are all tokens of the call.
with

source_rows as (

    select * from {{ source('raw', 'cost_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as cost_key,
        {{ source_relation('raw', 'cost_log') }} as source_relation,
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
        {{ short_name('model') }} as model,
        query_id,
        {{ reference('workspace', 'query_id') }} as query_ref,
        coalesce({{ reference('workspace', 'query_id') }}, event_key) as thread_ref,
        {{ short_name('call_type') }} as call_type,
        {{ short_name('provider') }} as provider,
        service_tier,
        input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        cache_write_1h_tokens,
        audio_input_tokens,
        image_input_tokens,
        output_tokens,
        reasoning_tokens,
        audio_output_tokens,
        requests,
        reported_cost,
        currency
    from source_rows

)

select * from renamed
