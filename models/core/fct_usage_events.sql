-- One row a product event: somebody did something with a feature. A view over one log.
with

usage_events as (

    select * from {{ ref('stg_native__usage_events') }}

),

final as (

    select
        usage_event_key,
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
        surface,
        feature,
        action,
        duration_ms,
        usage_value
    from usage_events

)

select * from final
