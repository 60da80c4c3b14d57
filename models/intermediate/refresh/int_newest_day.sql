-- One row: the newest local day on which anybody asked anything. Windows of the last weeks end with it
-- and not with today, so that a pause in landing, or logs of last year, do not empty them.
with

performance as (

    select * from {{ ref('agg_performance_daily') }}

),

final as (

    select max(day) as newest_day
    from performance
    where queries > 0

)

select * from final
