-- One row a workspace and local day that its return on investment counts: from the first with a query to the
-- newest that any workspace has. A licence is paid on quiet days too.
with

spans as (

    select
        workspace,
        min(day) as first_day
    from {{ ref('agg_performance_daily') }}
    group by workspace

),

newest as (

    select max(day) as last_day
    from {{ ref('agg_performance_daily') }}

),

final as (

    select
        spans.workspace,
        {{ days_after('spans.first_day', 'numbers.n') }} as day
    from spans
    cross join newest
    cross join lateral {{ each_number(days_between('spans.first_day', 'newest.last_day')) }} as numbers (n)

)

select * from final
