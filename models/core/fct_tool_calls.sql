-- One row a call of a tool or an agent, also one that failed. A view over one log.
with

tool_calls as (

    select * from {{ ref('stg_native__tool_calls') }}

),

final as (

    select
        tool_call_key,
        source_relation,
        batch_id,
        event_id,
        workspace,
        occurred_at,
        {{ local_day('occurred_at') }} as day,
        environment,
        release,
        region,
        project,
        task_id,
        session_id,
        subject_ref,
        query_id,
        query_ref,
        agent,
        tool,
        status,
        error_type,
        latency_ms
    from tool_calls

)

select * from final
