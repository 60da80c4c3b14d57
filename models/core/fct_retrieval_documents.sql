-- One row a passage that a retrieval returned. A view over one log: its rows stand on the line of their
-- retrieval and so land in the same batch.
with

retrieval_documents as (

    select * from {{ ref('stg_native__retrieval_documents') }}

),

final as (

    select
        retrieval_key,
        list_position,
        source_relation,
        batch_id,
        workspace,
        occurred_at,
        {{ local_day('occurred_at') }} as day,
        doc_id,
        chunk_id,
        result_rank,
        score,
        rerank_score,
        is_in_context,
        is_cited
    from retrieval_documents

)

select * from final
