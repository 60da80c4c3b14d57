-- One row an action by a person or a program.
with

source_rows as (

    select * from {{ source('raw', 'audit_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as audit_event_key,
        {{ source_relation('raw', 'audit_log') }} as source_relation,
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
        actor_ref,
        action,
        object_type,
        outcome,
        object_id,
        ip,
        detail
    from source_rows

)

select * from renamed
