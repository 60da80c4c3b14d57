-- One row a workspace: how many of four weeks' queries the response cache answered, and what it would save
-- if that were as many as the threshold says: that share of what the misses cost. Where hits are not logged,
-- or the misses have no cost or a call without one, nothing is said.
with

cost_breakdown as (

    select * from {{ ref('cost_breakdown') }}

),

first_days as (

    select * from {{ ref('int_first_days') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'response_cache_rarely_hits'

),

counted as (

    select
        cost_breakdown.workspace,
        windows.four_weeks_start as period_start,
        windows.weeks_end as period_end,
        sum(case when cost_breakdown.value <> '(none)' then cost_breakdown.queries else 0 end) as told,
        sum(case when cost_breakdown.value = 'miss' then cost_breakdown.queries else 0 end) as misses,
        sum(case when cost_breakdown.value = 'miss' then cost_breakdown.cost_usd end) as miss_usd,
        sum(case when cost_breakdown.value = 'miss' then cost_breakdown.unpriced_calls else 0 end)
            as unpriced_calls,
        sum(cost_breakdown.cost_usd) as spent_usd
    from cost_breakdown
    cross join windows
    where
        cost_breakdown.dimension = 'response_cache'
        and cost_breakdown.day >= windows.four_weeks_start
        and cost_breakdown.day < windows.weeks_end
    group by cost_breakdown.workspace, windows.four_weeks_start, windows.weeks_end

),

shared as (

    select
        *,
        {{ ratio('(told - misses)', 'told') }} as hit_rate
    from counted
    where told >= {{ var('minimum_queries_to_judge') }}

),

estimated as (

    select
        shared.*,
        {{ days_between('greatest(shared.period_start, first_days.first_day)', 'shared.period_end') }}
            as days,
        rules.threshold,
        (rules.threshold - shared.hit_rate) * shared.told / shared.misses * shared.miss_usd as saving_usd
    from shared
    inner join first_days
        on shared.workspace = first_days.workspace
    cross join rules
    where shared.hit_rate < rules.threshold

),

found as (

    select
        workspace,
        'all' as subject,
        period_start,
        period_end,
        'response_cache' as dimension,
        hit_rate as value,
        saving_usd,
        days,
        'The response cache answers ' || {{ said_share('hit_rate') }} || ' of the questions it is asked'
            as title,
        'Spending ' || {{ said_usd('spent_usd / days') }}
        || ' a day; a response cache that answers '
        || {{ said_share('threshold') }} || ' and not ' || {{ said_share('hit_rate') }} || ' could save '
        || {{ said_usd('saving_usd / days') }} || ' a day, '
        || {{ said_share('saving_usd / spent_usd') }} || '.' as description
    from estimated
    where miss_usd > 0 and unpriced_calls = 0

),

final as (

    select
        {{ insight_columns(
            'cost_breakdown', ['workspace', 'dimension'], 'day',
            impact=a_month('saving_usd', 'days'), severity="'low'"
        ) }}
    from found

)

select * from final
