-- One row an evaluation: everything that one evaluator said at once about one target.
with

source_rows as (

    select * from {{ source('raw', 'evaluation_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as evaluation_key,
        {{ source_relation('raw', 'evaluation_log') }} as source_relation,
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
        evaluator,
        evaluator_version,
        metrics,
        label,
        judge_cost_event_id
    from source_rows

)

select * from renamed
