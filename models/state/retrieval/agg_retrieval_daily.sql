-- Sums over the retrievals of a local day by workspace, data source and index version, and over what they
-- returned. A retrieval and its passages are one line of the log, so they always come in one change set.
{{ config(key=['workspace', 'day', 'data_source', 'index_version']) }}
with

retrievals as (

    select * from {{ changes(ref('fct_retrievals')) }} as changes

),

documents as (

    select * from {{ changes(ref('fct_retrieval_documents')) }} as changes

),

documents_by_retrieval as (

    -- The two scores stay apart: each has its producer's own scale.
    select
        retrieval_key,
        count(*) as documents,
        max(score) as top_score,
        max(rerank_score) as top_rerank_score,
        count(is_in_context) as context_known,
        count(*) filter (where is_in_context) as in_context,
        count(is_cited) as citation_known,
        count(*) filter (where is_cited) as cited
    from documents
    group by retrieval_key

),

final as (

    select
        retrievals.workspace,
        retrievals.day,
        {{ labelled('retrievals.data_source') }} as data_source,
        {{ labelled('retrievals.index_version') }} as index_version,
        {{ sum_counts('sign') }} as entries,
        {{ count_where("retrievals.status = 'error'") }} as errors,
        {{ count_where("coalesce(retrievals.status, 'ok') <> 'error' and retrievals.result_count = 0") }}
            as zero_results,
        {{ add_up('retrievals.result_count') }} as results,
        {{ add_up('documents_by_retrieval.documents') }} as documents,
        {{ count_where('documents_by_retrieval.top_score is not null') }} as scored_retrievals,
        {{ add_up(to_millionths('documents_by_retrieval.top_score')) }} as top_score_millionths,
        {{ count_where('documents_by_retrieval.top_rerank_score is not null') }} as reranked_retrievals,
        {{ add_up(to_millionths('documents_by_retrieval.top_rerank_score')) }} as top_rerank_score_millionths,
        {{ add_up('documents_by_retrieval.context_known') }} as context_known,
        {{ add_up('documents_by_retrieval.in_context') }} as in_context,
        {{ add_up('documents_by_retrieval.citation_known') }} as citation_known,
        {{ add_up('documents_by_retrieval.cited') }} as cited
    from retrievals
    left join documents_by_retrieval
        on retrievals.retrieval_key = documents_by_retrieval.retrieval_key
    group by
        retrievals.workspace,
        retrievals.day,
        {{ labelled('retrievals.data_source') }},
        {{ labelled('retrievals.index_version') }}

)

select * from final
