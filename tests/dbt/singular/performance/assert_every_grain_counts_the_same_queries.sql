-- A row is a workspace for which two marts count another number of queries, or of successes, than its days:
-- the same query in no hour, in two models, in no tier.
{{ config(meta={'dagster': {'ref': {'name': 'model_usage'}}}) }}
with

counts as (

    select
        workspace,
        'day' as grain,
        queries,
        successes
    from {{ ref('performance_overview') }}
    union all
    select
        workspace,
        'hour' as grain,
        queries,
        successes
    from {{ ref('performance_hourly') }}
    union all
    select
        workspace,
        'model' as grain,
        queries,
        successes
    from {{ ref('model_usage') }}
    union all
    select
        workspace,
        'tier' as grain,
        queries,
        successes
    from {{ ref('complexity_analysis') }}
    union all
    select
        workspace,
        'week of ' || segment_kind as grain,
        queries,
        successes
    from {{ ref('agg_performance_weekly') }}

),

totals as (

    select
        workspace,
        grain,
        sum(queries) as queries,
        sum(successes) as successes
    from counts
    group by workspace, grain

),

final as (

    select
        workspace,
        min(queries) as fewest,
        max(queries) as most,
        count(*) as grains
    from totals
    where queries > 0
    group by workspace
    having min(queries) <> max(queries) or min(successes) <> max(successes) or count(*) <> 7

)

select * from final
