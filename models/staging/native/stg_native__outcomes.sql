-- One row an outcome that was reported for a session or a task; one target can have several.
with

source_rows as (

    select * from {{ source('raw', 'outcome_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as outcome_key,
        {{ source_relation('raw', 'outcome_log') }} as source_relation,
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
        target_type,
        target_id,
        {{ reference('workspace', 'target_id') }} as target_ref,
        result,
        value as outcome_value,
        duration_ms,
        iterations,
        tags,
        quality
    from source_rows

)

select * from renamed
