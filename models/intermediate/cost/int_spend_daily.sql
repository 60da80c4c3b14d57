-- One row a workspace and local day, from its first call to the newest day that anybody called on: also
-- days on which it spent nothing. What was spent on all calls, those without a query too, and what was got
-- for it.
with

costs as (

    select
        costs.workspace,
        costs.day,
        {{ sum_counts('calls') }} as calls,
        {{ sum_counts('priced_calls') }} as priced_calls,
        {{ sum_counts('cost_nanos') }} as cost_nanos,
        {{ sum_counts(all_tokens('costs')) }} as tokens
    from {{ ref('agg_costs_daily') }} as costs
    group by costs.workspace, costs.day

),

queries as (

    select * from {{ ref('agg_performance_daily') }}

),

resolutions as (

    select
        workspace,
        day,
        {{ sum_counts('resolved') }} as resolved_sessions
    from {{ ref('agg_sessions_daily') }}
    group by workspace, day

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

spans as (

    select
        workspace,
        min(day) as first_day
    from costs
    group by workspace

),

newest as (

    select max(day) as last_day
    from costs

),

days as (

    select
        spans.workspace,
        {{ days_after('spans.first_day', 'numbers.n') }} as day
    from spans
    cross join newest
    cross join lateral {{ each_number(days_between('spans.first_day', 'newest.last_day')) }} as numbers (n)

),

final as (

    select
        days.workspace,
        days.day,
        days.day < horizon.today as is_complete,
        {{ days_between(week_of('days.day'), 'days.day') }} as weekday,
        coalesce(costs.calls, 0) as calls,
        coalesce(costs.priced_calls, 0) as priced_calls,
        coalesce(costs.cost_nanos, 0) as cost_nanos,
        coalesce(costs.tokens, 0) as tokens,
        coalesce(queries.queries, 0) as queries,
        coalesce(queries.successes, 0) as successes,
        coalesce(resolutions.resolved_sessions, 0) as resolved_sessions
    from days
    left join costs
        on days.workspace = costs.workspace and days.day = costs.day
    left join queries
        on days.workspace = queries.workspace and days.day = queries.day
    left join resolutions
        on days.workspace = resolutions.workspace and days.day = resolutions.day
    cross join horizon

)

select * from final
