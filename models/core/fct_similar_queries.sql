-- One row a query that went wrong and an earlier one, much like it, that went well. A view on what
-- the learner made in its last run.
with

similar_queries as (

    select * from {{ ref('stg_ops__similar_queries') }}

),

final as (

    select
        query_key,
        place,
        source_relation,
        query_ref,
        similar_key,
        similar_ref,
        similarity
    from similar_queries

)

select * from final
