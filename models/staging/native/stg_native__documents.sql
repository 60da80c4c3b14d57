-- One row a change of a piece of the knowledge base; its text is in the vault.
with

source_rows as (

    select * from {{ source('raw', 'document_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as document_event_key,
        {{ source_relation('raw', 'document_log') }} as source_relation,
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
        doc_id,
        chunk_id,
        version as document_version,
        collection,
        title,
        change as change_type
    from source_rows

)

select * from renamed
