-- One row a call of a tool or an agent.
with

source_rows as (

    select * from {{ source('raw', 'tool_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as tool_call_key,
        {{ source_relation('raw', 'tool_log') }} as source_relation,
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
        tool,
        status,
        query_id,
        {{ reference('workspace', 'query_id') }} as query_ref,
        agent,
        error_type,
        latency_ms
    from source_rows

)

select * from renamed
