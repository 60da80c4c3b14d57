-- A row is a session thread whose sessions do not hold exactly its queries, their errors and their cost, or a
-- thread whose unlogged sessions are not a pause apart.
{{ config(meta={'dagster': {'ref': {'name': 'fct_sessions'}}}) }}
with

queries as (

    select
        session_thread,
        count(*) as queries,
        count(*) filter (where status = 'error') as errors,
        coalesce(sum(cost_nanos), 0) as cost_nanos
    from {{ ref('fct_queries') }}
    where session_thread is not null
    group by session_thread

),

ordered as (

    select
        *,
        lag(ended_at) over (partition by session_thread order by started_at) as ended_before
    from {{ ref('fct_sessions') }}

),

sessions as (

    select
        session_thread,
        sum(queries) as queries,
        sum(errors) as errors,
        coalesce(sum(cost_nanos), 0) as cost_nanos,
        sum(
            case
                when is_logged and ended_before is not null then 1
                when {{ minutes_after('ended_before', session_gap_minutes()) }} >= started_at then 1
                else 0
            end
        ) as without_a_pause
    from ordered
    group by session_thread

),

final as (

    select
        coalesce(queries.session_thread, sessions.session_thread) as session_thread,
        queries.queries,
        sessions.queries as queries_in_sessions,
        sessions.without_a_pause
    from queries
    full outer join sessions on queries.session_thread = sessions.session_thread
    where
        queries.queries is distinct from sessions.queries
        or queries.errors is distinct from sessions.errors
        or queries.cost_nanos is distinct from sessions.cost_nanos
        or sessions.without_a_pause > 0

)

select * from final
