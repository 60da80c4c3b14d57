-- A row is a day on which the active users of 28 days are not those of the day before plus who is new or
-- resurrected less who lapsed, or a day that is missing although people were active up to it.
{{ config(meta={'dagster': {'ref': {'name': 'user_engagement'}}}) }}
with

cells as (

    select * from {{ ref('user_engagement') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

moves as (

    select
        *,
        lag(day) over (partition by workspace order by day) as day_before,
        lag(monthly_users, 1, 0) over (partition by workspace order by day) as users_before,
        lead(day) over (partition by workspace order by day) as day_after
    from cells

),

final as (

    select
        moves.workspace,
        moves.day,
        moves.monthly_users
    from moves
    cross join horizon
    where
        moves.monthly_users
        <> moves.users_before + moves.new_users + moves.resurrected_users - moves.lapsed_users
        or (moves.users_before > 0 and {{ days_between('moves.day_before', 'moves.day') }} > 1)
        or (moves.monthly_users > 0 and moves.day_after is null and moves.day < horizon.today)
        or moves.weekly_users not between moves.daily_users and moves.monthly_users

)

select * from final
