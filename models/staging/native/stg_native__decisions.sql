-- One row a decision: a step in the life of a finding.
with

source_rows as (

    select * from {{ source('raw', 'decision_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as decision_key,
        {{ source_relation('raw', 'decision_log') }} as source_relation,
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
        object_type,
        object_id,
        decision,
        actor_ref,
        related_id
    from source_rows

)

select * from renamed
