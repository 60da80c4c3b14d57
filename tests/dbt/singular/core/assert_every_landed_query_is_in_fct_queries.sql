-- A row is a batch whose queries are not all in fct_queries, or of which fct_queries has more than
-- landed: a join that drops or repeats. Batches newer than the fact have yet to arrive there.
{{ config(meta={'dagster': {'ref': {'name': 'fct_queries'}}}) }}
with

landed as (

    select
        batch_id,
        count(*) as landed_rows
    from {{ source('raw', 'query_log') }}
    group by batch_id

),

facts as (

    select
        batch_id,
        count(*) as fact_rows
    from {{ ref('fct_queries') }}
    group by batch_id

),

horizon as (

    select max(landed_at) as landed_at from {{ ref('fct_queries') }}

),

final as (

    select
        batches.batch_id,
        landed.landed_rows,
        facts.fact_rows
    from {{ source('landing', 'batch') }} as batches
    cross join horizon
    left join landed on batches.batch_id = landed.batch_id
    left join facts on batches.batch_id = facts.batch_id
    where
        coalesce(landed.landed_rows, 0) <> coalesce(facts.fact_rows, 0)
        and batches.landed_at <= horizon.landed_at

)

select * from final
