-- One row a retrieval call, also one that found nothing; what it found is in the retrieval documents.
with

source_rows as (

    select * from {{ source('raw', 'retrieval_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as retrieval_key,
        {{ source_relation('raw', 'retrieval_log') }} as source_relation,
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
        result_count,
        query_id,
        {{ reference('workspace', 'query_id') }} as query_ref,
        {{ short_name('data_source') }} as data_source,
        retriever,
        {{ short_name('index_version') }} as index_version,
        embedding_model,
        strategy,
        top_k,
        status,
        error_type,
        latency_ms
    from source_rows

)

select * from renamed
