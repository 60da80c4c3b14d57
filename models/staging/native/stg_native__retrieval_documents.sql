-- One row a passage that a retrieval returned, in the order of its list.
with

source_rows as (

    select * from {{ source('raw', 'retrieval_document') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as retrieval_key,
        {{ source_relation('raw', 'retrieval_document') }} as source_relation,
        batch_id,
        line_no,
        ts as occurred_at,
        {{ short_name('workspace') }} as workspace,
        position as list_position,
        doc_id,
        chunk_id,
        rank as result_rank,
        score,
        rerank_score,
        in_context as is_in_context,
        cited as is_cited,
        attributes
    from source_rows

)

select * from renamed
