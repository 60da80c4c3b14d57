-- Each active day of a person counts until the person's next one, or until its window is over.
with active as (
    select distinct workspace, subject_ref, ts::date as day
    from raw.query_log
    where $one and ts >= $day - 116 and ts < $day + 1
),
followed as (
    select workspace, day, lead(day) over (partition by workspace, subject_ref order by day) as next_day
    from active
),
changes as (
    select workspace, day, 1 as daily, 1 as weekly, 1 as monthly from followed
    union all
    select workspace, day + 1, -1, 0, 0 from followed
    union all
    select workspace, least(day + 7, next_day), 0, -1, 0 from followed
    union all
    select workspace, least(day + 28, next_day), 0, 0, -1 from followed
),
by_day as (
    select workspace, day, sum(daily) as daily, sum(weekly) as weekly, sum(monthly) as monthly
    from changes
    group by workspace, day
),
days as (
    select workspace, day::date as day
    from (select distinct workspace from by_day) as workspaces,
        generate_series($day - 116, $day, interval '1 day') as day
),
windowed as (
    select
        workspace, day,
        sum(sum(daily)) over so_far as daily_users,
        sum(sum(weekly)) over so_far as weekly_users,
        sum(sum(monthly)) over so_far as monthly_users
    from days left join by_day using (workspace, day)
    group by workspace, day
    window so_far as (partition by workspace order by day)
)
select workspace, day, daily_users, weekly_users, monthly_users
from windowed
where day > $day - 90 and monthly_users > 0
