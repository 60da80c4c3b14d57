-- A row is a workspace whose calls cost another sum than its queries and the calls without a query
-- together, or than the state or a mart says: a cost that was lost, counted twice or rounded twice.
{{ config(meta={'dagster': {'ref': {'name': 'performance_overview'}}}) }}
with

costs as (

    select
        workspace,
        'calls' as counted_by,
        cost_nanos
    from {{ ref('fct_costs') }}
    union all
    select
        workspace,
        'queries' as counted_by,
        cost_nanos
    from {{ ref('fct_queries') }}
    union all
    select
        workspace,
        'queries' as counted_by,
        cost_nanos
    from {{ ref('fct_costs') }}
    where query_key is null
    union all
    select
        workspace,
        'state' as counted_by,
        cost_nanos
    from {{ ref('agg_costs_daily') }}
    union all
    select
        workspace,
        'days' as counted_by,
        1000000000 * (coalesce(cost_usd, 0) + coalesce(unmatched_cost_usd, 0)) as cost_nanos
    from {{ ref('performance_overview') }}

),

totals as (

    select
        workspace,
        counted_by,
        coalesce(sum(cost_nanos), 0) as cost_nanos
    from costs
    group by workspace, counted_by

),

final as (

    select
        workspace,
        min(cost_nanos) as lowest,
        max(cost_nanos) as highest
    from totals
    group by workspace
    having
        min(cost_nanos) <> max(cost_nanos)
        or (count(*) <> 4 and max(cost_nanos) <> 0)

)

select * from final
