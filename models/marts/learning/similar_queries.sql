-- One row a query that went wrong and an earlier one, much like it, that went well: how others were helped.
-- Only queries that are there: whoever is erased is in no row.
with

similar_queries as (

    select * from {{ ref('fct_similar_queries') }}

),

wrong as (

    select * from {{ ref('srv_answers_to_review') }}

),

past as (

    select * from {{ ref('fct_queries') }}

),

final as (

    select
        similar_queries.query_key,
        similar_queries.place,
        wrong.workspace,
        wrong.day,
        wrong.query_id,
        wrong.failure,
        wrong.is_low_confidence,
        past.query_id as similar_query_id,
        past.day as similar_day,
        similar_queries.similarity,
        past.positive_feedback > past.negative_feedback as is_similar_liked,
        past.model as similar_model,
        past.prompt_name as similar_prompt_name,
        past.prompt_version as similar_prompt_version
    from similar_queries
    inner join wrong
        on similar_queries.query_ref = wrong.query_ref and similar_queries.query_key = wrong.query_key
    inner join past
        on similar_queries.similar_ref = past.query_ref and similar_queries.similar_key = past.query_key

)

select * from final
