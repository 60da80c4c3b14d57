-- A row is a workspace and day whose sessions, queries, costs or resolutions differ between the facts, the
-- daily sums and the marts.
{{ config(meta={'dagster': {'ref': {'name': 'user_engagement'}}}) }}
with

listed as (

    select
        workspace,
        day,
        count(*) as sessions,
        sum(queries) as queries,
        coalesce(sum(cost_usd), 0) as cost_usd,
        count(*) filter (where resolution = 'resolved') as resolved,
        count(*) filter (where resolution = 'escalated') as escalated,
        count(*) filter (where resolution = 'abandoned') as abandoned,
        count(*) filter (where resolution = 'unknown') as of_unknown_end,
        count(subject_ref) as identified_sessions
    from {{ ref('sessions') }}
    group by workspace, day

),

summed as (

    select
        workspace,
        day,
        sum(sessions) as sessions,
        sum(queries) as queries,
        {{ nanos_to_usd('sum(cost_nanos)') }} as cost_usd,
        sum(resolved) as resolved,
        sum(escalated) as escalated,
        sum(abandoned) as abandoned,
        sum(of_unknown_end) as of_unknown_end,
        sum(identified_sessions) as identified_sessions
    from {{ ref('agg_sessions_daily') }}
    group by workspace, day

),

shown as (

    select
        workspace,
        day,
        sessions,
        session_queries,
        identified_sessions
    from {{ ref('user_engagement') }}
    where sessions > 0

),

final as (

    select
        coalesce(listed.workspace, summed.workspace, shown.workspace) as workspace,
        coalesce(listed.day, summed.day, shown.day) as day,
        listed.sessions,
        summed.sessions as sessions_summed,
        shown.sessions as sessions_shown
    from listed
    full outer join summed
        on listed.workspace = summed.workspace and listed.day = summed.day
    full outer join shown
        on summed.workspace = shown.workspace and summed.day = shown.day
    where
        listed.sessions is distinct from summed.sessions
        or listed.sessions is distinct from shown.sessions
        or listed.queries is distinct from summed.queries
        or listed.queries is distinct from shown.session_queries
        or listed.identified_sessions is distinct from summed.identified_sessions
        or listed.identified_sessions is distinct from shown.identified_sessions
        or listed.cost_usd is distinct from summed.cost_usd
        or listed.resolved is distinct from summed.resolved
        or listed.escalated is distinct from summed.escalated
        or listed.abandoned is distinct from summed.abandoned
        or listed.of_unknown_end is distinct from summed.of_unknown_end

)

select * from final
