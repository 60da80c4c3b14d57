-- One row: the days that insights look at. They end with the newest complete day that has queries, so that a
-- pause in landing does not empty them.
with

newest as (

    select * from {{ ref('int_newest_day') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

ended as (

    select least(newest.newest_day, {{ days_after('horizon.today', -1) }}) as last_day
    from newest
    cross join horizon

),

final as (

    select
        last_day,
        {{ days_after('last_day', -6) }} as days_7_start,
        {{ days_after('last_day', -27) }} as days_28_start,
        {{ days_after('last_day', 1) }} as period_end,
        {{ week_of(days_after('last_day', 1)) }} as weeks_end,
        {{ days_after(week_of(days_after('last_day', 1)), -7) }} as newest_week,
        {{ days_after(week_of(days_after('last_day', 1)), -28) }} as four_weeks_start
    from ended
    where last_day is not null

)

select * from final
