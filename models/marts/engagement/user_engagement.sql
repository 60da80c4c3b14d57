-- One row a local day and workspace on which somebody was active or could still come back within 28 days.
-- State holds daily changes; their running sums are the windows of 7 and 28 days. Each step is read once, so
-- that a filter on the workspace reaches the indexes.
with

user_changes as (

    select * from {{ ref('agg_active_users_daily') }}

),

sessions as (

    select
        workspace,
        day,
        {{ sum_counts('sessions') }} as sessions,
        {{ sum_counts('identified_sessions') }} as identified_sessions,
        {{ sum_counts('queries') }} as session_queries
    from {{ ref('agg_sessions_daily') }}
    group by workspace, day

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

seen_days as (

    select
        workspace,
        day
    from {{ ref('agg_active_users_daily') }}
    where daily_users > 0
    union all
    select
        workspace,
        day
    from {{ ref('agg_sessions_daily') }}

),

spans as (

    select
        seen_days.workspace,
        min(seen_days.day) as first_day,
        {{ days_between('min(seen_days.day)', 'greatest(max(seen_days.day), max(horizon.today))') }}
            as last_number
    from seen_days
    cross join horizon
    group by seen_days.workspace

),

days as (

    select
        spans.workspace,
        {{ days_after('spans.first_day', 'numbers.days_since') }} as day
    from spans
    cross join lateral {{ each_number('spans.last_number') }} as numbers (days_since)

),

windowed as (

    select
        days.workspace,
        days.day,
        coalesce(user_changes.daily_users, 0) as daily_users,
        {{ running_sum('user_changes.daily_users - user_changes.weekly_leaving') }} as weekly_users,
        {{ running_sum(
            'user_changes.daily_users - user_changes.returning_users - user_changes.lapsed_users'
        ) }} as monthly_users,
        coalesce(user_changes.new_users, 0) as new_users,
        coalesce(user_changes.returning_users, 0) as returning_users,
        coalesce(user_changes.lapsed_users, 0) as lapsed_users
    from days
    left join user_changes
        on days.workspace = user_changes.workspace and days.day = user_changes.day

),

final as (

    select
        windowed.day,
        windowed.workspace,
        windowed.day < horizon.today as is_complete,
        windowed.daily_users,
        windowed.weekly_users,
        windowed.monthly_users,
        {{ ratio('windowed.daily_users', 'windowed.monthly_users') }} as stickiness,
        windowed.new_users,
        windowed.returning_users,
        windowed.daily_users - windowed.new_users - windowed.returning_users as resurrected_users,
        windowed.lapsed_users,
        coalesce(sessions.sessions, 0) as sessions,
        coalesce(sessions.identified_sessions, 0) as identified_sessions,
        coalesce(sessions.session_queries, 0) as session_queries,
        {{ ratio('coalesce(sessions.identified_sessions, 0)', 'windowed.daily_users') }} as sessions_per_user,
        {{ ratio('sessions.session_queries', 'sessions.sessions') }} as queries_per_session,
        case
            when windowed.daily_users > 0 then 'active'
            when windowed.monthly_users > 0 then 'quiet'
            else 'no_active_users'
        end as activity_status
    from windowed
    left join sessions
        on windowed.workspace = sessions.workspace and windowed.day = sessions.day
    cross join horizon
    where windowed.monthly_users > 0 or windowed.lapsed_users > 0 or sessions.sessions > 0

)

select * from final
