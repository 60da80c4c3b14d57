-- One row a decision: a step in the life of a finding. A view over one log.
with

decisions as (

    select * from {{ ref('stg_native__decisions') }}

),

final as (

    select
        decision_key,
        source_relation,
        batch_id,
        event_id,
        workspace,
        occurred_at,
        {{ local_day('occurred_at') }} as day,
        object_type,
        object_id,
        decision,
        actor_ref,
        related_id
    from decisions

)

select * from final
