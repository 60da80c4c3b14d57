-- Each active day of a person counts until the person's next one, or until its window is over.
with active as (
    select distinct workspace, subject_ref, toDate(ts) as day
    from query_log
    where $one and ts >= $day - 116 and ts < $day + 1
),
followed as (
    select
        workspace, day,
        leadInFrame(day, 1, day + 28) over (
            partition by workspace, subject_ref order by day
            rows between unbounded preceding and unbounded following
        ) as next_day
    from active
),
changes as (
    select workspace, change.1 as day, change.2 as daily, change.3 as weekly, change.4 as monthly
    from (
        select
            workspace,
            arrayJoin([
                (day, 1, 1, 1), (day + 1, -1, 0, 0),
                (least(day + 7, next_day), 0, -1, 0), (least(day + 28, next_day), 0, 0, -1)
            ]) as change
        from followed
    )
),
by_day as (
    select workspace, day, sum(daily) as daily, sum(weekly) as weekly, sum(monthly) as monthly
    from (
        select workspace, day, daily, weekly, monthly from changes
        union all
        select workspace, arrayJoin(range(117)) + $day - 116, 0, 0, 0
        from (select distinct workspace from active)
    )
    group by workspace, day
),
windowed as (
    select
        workspace, day,
        sum(daily) over so_far as daily_users,
        sum(weekly) over so_far as weekly_users,
        sum(monthly) over so_far as monthly_users
    from by_day
    window so_far as (partition by workspace order by day)
)
select workspace, day, daily_users, weekly_users, monthly_users
from windowed
where day > $day - 90 and day <= $day and monthly_users > 0
