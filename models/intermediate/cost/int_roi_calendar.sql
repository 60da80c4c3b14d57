-- One row a workspace and local day that its return on investment counts: from the first with a query, or
-- with a call before that, to the newest that any workspace has. A licence is paid on quiet days too.
with

spans as (

    select
        workspace,
        min(day) as first_query_day
    from {{ ref('agg_performance_daily') }}
    group by workspace

),

calls as (

    select
        workspace,
        min(day) as first_call_day
    from {{ ref('agg_costs_daily') }}
    group by workspace

),

begun as (

    -- An embedding run before anybody could ask is paid for all the same.
    select
        spans.workspace,
        spans.first_query_day,
        least(spans.first_query_day, coalesce(calls.first_call_day, spans.first_query_day)) as first_day
    from spans
    left join calls
        on spans.workspace = calls.workspace

),

newest as (

    select max(day) as last_day
    from {{ ref('agg_performance_daily') }}

),

final as (

    select
        begun.workspace,
        {{ days_after('begun.first_day', 'numbers.n') }} as day,
        {{ days_after('begun.first_day', 'numbers.n') }} >= begun.first_query_day as is_in_use
    from begun
    cross join newest
    cross join lateral {{ each_number(days_between('begun.first_day', 'newest.last_day')) }} as numbers (n)

)

select * from final
