-- One row a change of the product: what a regression may have as its cause.
with

source_rows as (

    select * from {{ source('raw', 'change_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as change_key,
        {{ source_relation('raw', 'change_log') }} as source_relation,
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
        what as change_type,
        name as change_name,
        version as new_version,
        previous as previous_version,
        detail
    from source_rows

)

select * from renamed
