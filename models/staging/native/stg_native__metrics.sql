-- One row a measurement that somebody thought worth keeping.
with

source_rows as (

    select * from {{ source('raw', 'metric_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as metric_key,
        {{ source_relation('raw', 'metric_log') }} as source_relation,
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
        name as metric_name,
        value as metric_value,
        unit,
        tags
    from source_rows

)

select * from renamed
