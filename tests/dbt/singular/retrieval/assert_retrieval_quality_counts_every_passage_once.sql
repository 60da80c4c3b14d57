-- A row is a day and workspace whose passages in retrieval_quality are not those of
-- fct_retrieval_documents: they came in another change set than their retrieval.
{{ config(meta={'dagster': {'ref': {'name': 'retrieval_quality'}}}) }}
with

facts as (

    select
        workspace,
        day,
        count(*) as documents,
        count(*) filter (where is_in_context) as documents_in_context,
        count(*) filter (where is_cited) as documents_cited
    from {{ ref('fct_retrieval_documents') }}
    group by workspace, day

),

mart as (

    select
        workspace,
        day,
        sum(documents) as documents,
        sum(documents_in_context) as documents_in_context,
        sum(documents_cited) as documents_cited
    from {{ ref('retrieval_quality') }}
    group by workspace, day
    having sum(documents) > 0

),

final as (

    select
        coalesce(facts.workspace, mart.workspace) as workspace,
        coalesce(facts.day, mart.day) as day,
        facts.documents as documents_of_facts,
        mart.documents as documents_of_mart,
        facts.documents_in_context as documents_in_context_of_facts,
        mart.documents_in_context as documents_in_context_of_mart,
        facts.documents_cited as documents_cited_of_facts,
        mart.documents_cited as documents_cited_of_mart
    from facts
    full outer join mart on facts.workspace = mart.workspace and facts.day = mart.day
    where
        facts.documents is distinct from mart.documents
        or facts.documents_in_context is distinct from mart.documents_in_context
        or facts.documents_cited is distinct from mart.documents_cited

)

select * from final
