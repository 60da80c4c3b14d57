-- A row is a workspace whose calls cost another sum than its queries and the calls without a query
-- together, or than its days say: a cost that was lost, counted twice or rounded twice.
{{ config(meta={'dagster': {'ref': {'name': 'performance_overview'}}}) }}
with

calls as (

    select
        workspace,
        sum(cost_nanos) as cost_nanos,
        sum(case when query_key is null then cost_nanos end) as unmatched_nanos
    from {{ ref('fct_costs') }}
    group by workspace

),

queries as (

    select
        workspace,
        sum(cost_nanos) as cost_nanos
    from {{ ref('fct_queries') }}
    group by workspace

),

days as (

    select
        workspace,
        sum(coalesce(cost_usd, 0) + coalesce(unmatched_cost_usd, 0)) as cost_usd
    from {{ ref('performance_overview') }}
    group by workspace

),

compared as (

    select
        days.workspace,
        coalesce(calls.cost_nanos, 0) as by_call,
        coalesce(queries.cost_nanos, 0) + coalesce(calls.unmatched_nanos, 0) as by_query,
        days.cost_usd * 1000000000 as by_day
    from days
    left join calls on days.workspace = calls.workspace
    left join queries on days.workspace = queries.workspace

),

final as (

    select * from compared
    where by_call <> by_query or by_call <> by_day

)

select * from final
