-- One row an order of a person or an owner about what may be kept and counted.
with

source_rows as (

    select * from {{ source('raw', 'privacy_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as privacy_order_key,
        {{ source_relation('raw', 'privacy_log') }} as source_relation,
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
        "order" as order_type,
        scope,
        target_id,
        actor_ref
    from source_rows

)

select * from renamed
