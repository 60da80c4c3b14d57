-- One row a product event: somebody used a feature.
with

source_rows as (

    select * from {{ source('raw', 'usage_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as usage_event_key,
        {{ source_relation('raw', 'usage_log') }} as source_relation,
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
        {{ short_name('feature') }} as feature,
        action,
        {{ short_name('surface') }} as surface,
        duration_ms,
        value as usage_value
    from source_rows

)

select * from renamed
