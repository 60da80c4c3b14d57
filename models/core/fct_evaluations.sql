-- One row an evaluation: everything that one evaluator said at once about one target. A view over one log.
with

evaluations as (

    select * from {{ ref('stg_native__evaluations') }}

),

final as (

    select
        evaluation_key,
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
        evaluator,
        evaluator_version,
        metrics,
        label,
        judge_cost_event_id
    from evaluations

)

select * from final
