-- One row an outcome that was reported for a session or a task; one target can have several, and the last
-- one holds. A view over one log.
with

outcomes as (

    select * from {{ ref('stg_native__outcomes') }}

),

final as (

    select
        outcome_key,
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
        target_type,
        target_id,
        target_ref,
        result,
        outcome_value,
        duration_ms,
        iterations,
        tags,
        quality
    from outcomes

)

select * from final
