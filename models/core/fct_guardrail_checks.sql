-- One row a guardrail check, also one that passed: without those there is no hit rate. A view over one log:
-- a check says all it ever says on one line.
with

guardrail_checks as (

    select * from {{ ref('stg_native__guardrail_checks') }}

),

final as (

    select
        guardrail_check_key,
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
        guardrail,
        guardrail_version,
        provider,
        stage,
        verdict,
        policy,
        category,
        risk_score,
        latency_ms,
        human_override
    from guardrail_checks

)

select * from final
