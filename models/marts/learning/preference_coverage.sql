-- Of how many active people the preferences are known, one row a workspace, against the target. Active is
-- who asked something in the last seven local days.
with

users as (

    select * from {{ ref('srv_users') }}

),

people as (

    select * from {{ ref('srv_learned_people') }}

),

overrides as (

    select * from {{ ref('agg_preference_overrides') }}

),

newest as (

    select * from {{ ref('int_newest_day') }}

),

overriders as (

    select
        subject_ref,
        sum(entries) as overrides
    from overrides
    group by subject_ref

),

counted as (

    select
        users.workspace,
        max(newest.newest_day) as as_of_day,
        count(*) as active_users,
        count(people.subject_ref) as choosing_users,
        {{ count_if('people.learned_settings > 0') }} as learned_users,
        count(overriders.subject_ref) as overriding_users
    from users
    cross join newest
    left join people on users.subject_ref = people.subject_ref
    left join overriders on users.subject_ref = overriders.subject_ref
    where users.last_active_day > {{ days_after('newest.newest_day', -7) }}
    group by users.workspace

),

reasoned as (

    select
        *,
        {{ ratio('learned_users', 'active_users') }} as coverage_rate,
        {{ ratio('learned_users', 'choosing_users') }} as chooser_coverage_rate,
        {{ not_judged_because('active_users') }} as coverage_not_judged_because
    from counted

),

final as (

    select
        workspace,
        as_of_day,
        active_users,
        choosing_users,
        learned_users,
        overriding_users,
        coverage_rate,
        chooser_coverage_rate,
        {{ judge('coverage_rate', '>=', var('preference_coverage_target'), 'coverage_not_judged_because') }}
            as coverage_target,
        coverage_not_judged_because
    from reasoned

)

select * from final
