-- One row a guardrail check, also one that passed: without those there is no hit rate.
with

source_rows as (

    select * from {{ source('raw', 'guardrail_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as guardrail_check_key,
        {{ source_relation('raw', 'guardrail_log') }} as source_relation,
        batch_id,
        line_no,
        event_id,
        ts as occurred_at,
        {{ short_name('workspace') }} as workspace,
        source,
        environment,
        release,
        region,
        project,
        {{ id_or_none('task_id') }} as task_id,
        trace_id,
        span_id,
        parent_span_id,
        {{ id_or_none('session_id') }} as session_id,
        subject_ref,
        attributes,
        {{ short_name('guardrail') }} as guardrail,
        verdict,
        query_id,
        {{ reference('workspace', 'query_id') }} as query_ref,
        version as guardrail_version,
        {{ short_name('provider') }} as provider,
        stage,
        policy,
        {{ short_name('category') }} as category,
        risk_score,
        latency_ms,
        human_override
    from source_rows

)

select * from renamed
