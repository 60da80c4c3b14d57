-- A row is a batch whose queries are not all in fct_queries, or of which fct_queries has more than
-- landed: a join that drops or repeats. Lines within another of their query are in fct_query_parts instead.
{{ config(meta={'dagster': {'ref': {'name': 'fct_queries'}}}) }}
with

landed as (

    select
        batch_id,
        count(*) as landed_rows
    from {{ ref('fct_landed_rows') }}
    where log = 'query'
    group by batch_id

),

counted as (

    select batch_id
    from {{ ref('fct_queries') }}
    union all
    select batch_id
    from {{ ref('fct_query_parts') }}
    where place > 1

),

facts as (

    select
        batch_id,
        count(*) as fact_rows
    from counted
    group by batch_id

),

final as (

    select
        coalesce(landed.batch_id, facts.batch_id) as batch_id,
        landed.landed_rows,
        facts.fact_rows
    from landed
    full outer join facts on landed.batch_id = facts.batch_id
    where coalesce(landed.landed_rows, 0) <> coalesce(facts.fact_rows, 0)

)

select * from final
