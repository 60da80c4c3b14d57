-- A row is a workspace whose queries cost another sum by hour, by model, by tier or one by one than by day,
-- or are missing in one of these.
{{ config(meta={'dagster': {'ref': {'name': 'query_costs'}}}) }}
with

costs as (

    select
        workspace,
        'day' as grain,
        cost_usd
    from {{ ref('performance_overview') }}
    union all
    select
        workspace,
        'hour' as grain,
        cost_usd
    from {{ ref('performance_hourly') }}
    union all
    select
        workspace,
        'model' as grain,
        cost_usd
    from {{ ref('model_usage') }}
    union all
    select
        workspace,
        'tier' as grain,
        cost_usd
    from {{ ref('complexity_analysis') }}
    union all
    select
        workspace,
        'query' as grain,
        cost_usd
    from {{ ref('query_costs') }}

),

totals as (

    select
        workspace,
        grain,
        coalesce(sum(cost_usd), 0) as cost_usd
    from costs
    group by workspace, grain

),

final as (

    select
        workspace,
        min(cost_usd) as lowest,
        max(cost_usd) as highest,
        count(*) as grains
    from totals
    group by workspace
    having min(cost_usd) <> max(cost_usd) or (max(cost_usd) <> 0 and count(*) <> 5)

)

select * from final
