-- One row a feedback signal, also an ask that stayed unanswered: without those there is no response rate.
with

source_rows as (

    select * from {{ source('raw', 'feedback_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as feedback_key,
        {{ source_relation('raw', 'feedback_log') }} as source_relation,
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
        {{ reference('workspace', id_or_none('session_id')) }} as session_ref,
        subject_ref,
        attributes,
        type as feedback_type,
        query_id,
        {{ reference('workspace', 'query_id') }} as query_ref,
        coalesce(
            {{ reference('workspace', 'query_id') }},
            {{ reference('workspace', "chr(31) || session_id") }},
            event_key
        ) as thread_ref,
        value as feedback_value,
        reasons,
        severity,
        resolution,
        solicited as is_solicited,
        asked_at,
        ask_probability,
        answered as is_answered,
        supersedes as superseded_event_id
    from source_rows

)

select * from renamed
