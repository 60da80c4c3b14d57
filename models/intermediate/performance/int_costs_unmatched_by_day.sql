-- One row a local day and workspace that had billable calls without a query: what the queries of the
-- day cannot explain.
with

costs as (

    select * from {{ ref('fct_costs') }}

),

dated as (

    select
        *,
        {{ local_day('occurred_at') }} as day
    from costs

),

final as (

    select
        day,
        workspace,
        count(*) as calls,
        {{ sum_nanos('cost_nanos') }} as cost_nanos,
        max(landed_at) as landed_at
    from dated
    where query_key is null
    group by day, workspace

)

select * from final
