-- One row a retrieval call, also one that found nothing or failed; what it found is in the retrieval
-- documents. A view over one log: nothing about a retrieval comes later than its line.
with

retrievals as (

    select * from {{ ref('stg_native__retrievals') }}

),

final as (

    select
        retrieval_key,
        source_relation,
        batch_id,
        event_id,
        workspace,
        occurred_at,
        {{ local_day('occurred_at') }} as day,
        environment,
        release,
        region,
        project,
        task_id,
        session_id,
        subject_ref,
        query_id,
        query_ref,
        data_source,
        retriever,
        index_version,
        embedding_model,
        strategy,
        top_k,
        result_count,
        status,
        error_type,
        latency_ms
    from retrievals

)

select * from final
