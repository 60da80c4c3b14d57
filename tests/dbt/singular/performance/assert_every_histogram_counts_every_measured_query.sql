-- A row is a workspace of which a histogram does not hold as many latencies as its queries logged: its
-- percentiles are those of other queries.
{{ config(meta={'dagster': {'ref': {'name': 'agg_latency_daily'}}}) }}
with

facts as (

    select
        workspace,
        count(latency_ms) as measured,
        count(first_token_ms) as first_token,
        count(retrieval_ms) as retrieval,
        count(llm_ms) as llm
    from {{ ref('fct_queries') }}
    group by workspace

),

counts as (

    select
        workspace,
        'day' as histogram,
        measure,
        entries
    from {{ ref('agg_latency_daily') }}
    union all
    select
        workspace,
        'hour' as histogram,
        measure,
        entries
    from {{ ref('agg_latency_hourly') }}
    union all
    select
        workspace,
        'model' as histogram,
        'total' as measure,
        entries
    from {{ ref('agg_latency_by_model_daily') }}
    union all
    select
        workspace,
        'surface' as histogram,
        'total' as measure,
        entries
    from {{ ref('agg_latency_by_surface_daily') }}
    union all
    select
        workspace,
        'tier' as histogram,
        'total' as measure,
        entries
    from {{ ref('agg_latency_by_tier_weekly') }}
    union all
    select
        workspace,
        'week of ' || segment_kind as histogram,
        'total' as measure,
        entries
    from {{ ref('agg_latency_weekly') }}

),

totals as (

    select
        workspace,
        histogram,
        measure,
        sum(entries) as entries
    from counts
    group by workspace, histogram, measure

),

final as (

    select
        totals.*,
        facts.measured
    from totals
    left join facts on totals.workspace = facts.workspace
    where
        totals.entries is distinct from (
            case totals.measure
                when 'total' then facts.measured
                when 'first_token' then facts.first_token
                when 'retrieval' then facts.retrieval
                else facts.llm
            end
        )

)

select * from final
