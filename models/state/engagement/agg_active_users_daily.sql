-- By how much the numbers of active users change from one local day to the next, by workspace: who is active
-- enters the windows of 7 and 28 days, and leaves each when next active or when it has passed.
{{ config(key=['workspace', 'day']) }}
with

active_days as (

    select * from {{ changes(ref('srv_user_active_days')) }} as changes

),

users as (

    select * from {{ changes(ref('srv_users')) }} as changes

),

people as (

    select * from {{ appeared(ref('agg_user_days'), ['workspace', 'day']) }} as appeared

),

events as (

    select
        'active' as what,
        workspace,
        day,
        sign
    from active_days
    union all
    select
        'week_over' as what,
        workspace,
        least({{ days_after('day', 7) }}, coalesce(next_active_day, {{ days_after('day', 7) }})) as day,
        sign
    from active_days
    union all
    select
        case when next_active_day is null then 'lapsed' else 'returning' end as what,
        workspace,
        coalesce(next_active_day, {{ days_after('day', 28) }}) as day,
        sign
    from active_days
    union all
    select
        'new' as what,
        workspace,
        first_active_day as day,
        sign
    from users
    union all
    select
        'there' as what,
        workspace,
        day,
        sign
    from people

),

final as (

    select
        workspace,
        day,
        {{ sum_counts('sign') }} as entries,
        {{ count_where("what = 'active'") }} as daily_users,
        {{ count_where("what = 'week_over'") }} as weekly_leaving,
        {{ count_where("what = 'new'") }} as new_users,
        {{ count_where("what = 'returning'") }} as returning_users,
        {{ count_where("what = 'lapsed'") }} as lapsed_users,
        {{ count_where("what = 'there'") }} as users_there
    from events
    group by workspace, day

)

select * from final
