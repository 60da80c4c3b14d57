-- One row a workspace: the local day from which on its logs reach. What is divided by days, or compared with
-- days before, has no more of them than that.
with

performance as (

    select * from {{ ref('agg_performance_daily') }}

),

final as (

    select
        workspace,
        min(day) as first_day
    from performance
    where queries > 0
    group by workspace

)

select * from final
