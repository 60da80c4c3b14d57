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

histograms as (

    select 'day' as histogram
    union all
    select 'hour' as histogram
    union all
    select 'model' as histogram
    union all
    select 'surface' as histogram
    union all
    select 'tier' as histogram
    union all
    select 'week of ' || segment_kind as histogram
    from ({{ segment_kinds() }}) as kinds

),

measures as (

    {{ latency_measures() }}

),

expected as (

    select
        facts.workspace,
        histograms.histogram,
        measures.measure,
        case measures.measure
            when 'total' then facts.measured
            when 'first_token' then facts.first_token
            when 'retrieval' then facts.retrieval
            else facts.llm
        end as entries
    from facts
    cross join histograms
    cross join measures
    where measures.measure = 'total' or histograms.histogram in ('day', 'hour')

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
        coalesce(expected.workspace, totals.workspace) as workspace,
        coalesce(expected.histogram, totals.histogram) as histogram,
        coalesce(expected.measure, totals.measure) as measure,
        expected.entries as measured,
        totals.entries
    from expected
    full outer join totals
        on
            expected.workspace = totals.workspace
            and expected.histogram = totals.histogram
            and expected.measure = totals.measure
    where coalesce(expected.entries, 0) <> coalesce(totals.entries, 0)

)

select * from final
