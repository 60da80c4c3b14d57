-- One row a session. Queries that name neither a session nor a person are in none.
with

sessions as (

    select * from {{ ref('fct_sessions') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

final as (

    select
        sessions.session_key,
        sessions.workspace,
        sessions.session_id,
        sessions.subject_ref,
        sessions.is_logged,
        sessions.started_at,
        sessions.ended_at,
        sessions.day,
        {{ minutes_after('sessions.ended_at', session_gap_minutes()) }} < horizon.as_of as is_complete,
        sessions.surface,
        sessions.queries,
        sessions.errors,
        sessions.retries,
        sessions.turns,
        {{ nanos_to_usd('sessions.cost_nanos') }} as cost_usd,
        sessions.unpriced_calls,
        case
            when sessions.cost_nanos is not null and sessions.unpriced_calls > 0 then 'partly_priced'
            when sessions.cost_nanos is not null then 'priced'
            when sessions.unpriced_calls > 0 then 'unpriced'
            else 'no_calls'
        end as cost_status,
        sessions.resolution,
        sessions.resolution_signal,
        sessions.outcome
    from sessions
    cross join horizon

)

select * from final
