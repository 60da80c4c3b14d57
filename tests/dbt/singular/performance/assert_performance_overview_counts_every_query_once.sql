-- A row is a workspace whose days do not add up to its queries: a query that fell between two days, or
-- was counted in both.
{{ config(meta={'dagster': {'ref': {'name': 'performance_overview'}}}) }}
with

facts as (

    select
        workspace,
        count(*) as fact_rows
    from {{ ref('fct_queries') }}
    group by workspace

),

days as (

    select
        workspace,
        sum(queries) as counted
    from {{ ref('performance_overview') }}
    group by workspace

),

final as (

    select
        coalesce(facts.workspace, days.workspace) as workspace,
        facts.fact_rows,
        days.counted
    from facts
    full outer join days on facts.workspace = days.workspace
    where coalesce(facts.fact_rows, 0) <> coalesce(days.counted, 0)

)

select * from final
