-- A row is a cell of user_engagement that differs from a plain count of distinct people over the queries of
-- its window, or a day with active people that the mart does not have. The latest 100 days with queries are
-- counted: a plain count of every window there ever was takes minutes on a large warehouse.
{{ config(meta={'dagster': {'ref': {'name': 'user_engagement'}}}) }}
with

queries as (

    select * from {{ ref('fct_queries') }}

),

user_days as (

    select distinct
        workspace,
        subject_ref,
        day
    from queries
    where subject_ref is not null

),

neighbours as (

    select
        *,
        lag(day) over (partition by workspace, subject_ref order by day) as previous_day,
        lead(day) over (partition by workspace, subject_ref order by day) as next_day
    from user_days

),

latest as (

    select {{ days_after('max(day)', -100) }} as first_day
    from user_days

),

cells as (

    select user_engagement.*
    from {{ ref('user_engagement') }}
    cross join latest
    where user_engagement.day >= latest.first_day

),

windows as (

    select
        cells.workspace,
        cells.day,
        count(distinct case when user_days.day = cells.day then user_days.subject_ref end) as daily_users,
        count(
            distinct case
                when user_days.day >= {{ days_after('cells.day', -6) }} then user_days.subject_ref
            end
        ) as weekly_users,
        count(distinct user_days.subject_ref) as monthly_users
    from cells
    left join user_days
        on
            cells.workspace = user_days.workspace
            and user_days.day between {{ days_after('cells.day', -27) }} and cells.day
    group by cells.workspace, cells.day

),

arrivals as (

    select
        neighbours.workspace,
        neighbours.day,
        count(*) as daily_users,
        count(*) filter (where neighbours.previous_day is null) as new_users,
        count(*) filter (
            where {{ days_between('neighbours.previous_day', 'neighbours.day') }} <= 28
        ) as returning_users,
        count(*) filter (
            where {{ days_between('neighbours.previous_day', 'neighbours.day') }} > 28
        ) as resurrected_users
    from neighbours
    cross join latest
    where neighbours.day >= latest.first_day
    group by neighbours.workspace, neighbours.day

),

lapses as (

    select
        workspace,
        {{ days_after('day', 28) }} as day,
        count(*) as lapsed_users
    from neighbours
    where next_day is null or {{ days_between('day', 'next_day') }} > 28
    group by workspace, {{ days_after('day', 28) }}

),

final as (

    select
        coalesce(cells.workspace, arrivals.workspace) as workspace,
        coalesce(cells.day, arrivals.day) as day,
        windows.daily_users,
        windows.weekly_users,
        windows.monthly_users,
        cells.monthly_users as monthly_users_in_mart
    from cells
    inner join windows
        on cells.workspace = windows.workspace and cells.day = windows.day
    full outer join arrivals
        on cells.workspace = arrivals.workspace and cells.day = arrivals.day
    left join lapses
        on cells.workspace = lapses.workspace and cells.day = lapses.day
    where
        cells.daily_users is distinct from windows.daily_users
        or cells.daily_users is distinct from coalesce(arrivals.daily_users, 0)
        or cells.weekly_users is distinct from windows.weekly_users
        or cells.monthly_users is distinct from windows.monthly_users
        or cells.new_users is distinct from coalesce(arrivals.new_users, 0)
        or cells.returning_users is distinct from coalesce(arrivals.returning_users, 0)
        or cells.resurrected_users is distinct from coalesce(arrivals.resurrected_users, 0)
        or cells.lapsed_users is distinct from coalesce(lapses.lapsed_users, 0)

)

select * from final
