-- One row a query: a turn that a user saw. Its id falls back to the event's, as the contract says.
with

source_rows as (

    select * from {{ source('raw', 'query_log') }}
    where {{ is_admitted('batch_id') }}

),

renamed as (

    select
        event_key as query_key,
        {{ source_relation('raw', 'query_log') }} as source_relation,
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
        {{ reference('workspace', id_or_none('session_id')) }} as session_ref,
        subject_ref,
        attributes,
        status,
        coalesce(query_id, event_id) as query_id,
        {{ reference('workspace', 'coalesce(query_id, event_id)') }} as query_ref,
        {{ id_or_none('parent_query_id') }} as parent_query_id,
        turn,
        {{ short_name('surface') }} as surface,
        {{ short_name('feature') }} as feature,
        schema_type,
        locale,
        assistant,
        assistant_version,
        prompt_name,
        prompt_version,
        experiment,
        variant,
        route_policy,
        route_propensity,
        query_type,
        access_level,
        operation,
        {{ short_name('provider') }} as provider,
        model_requested,
        {{ short_name('model') }} as model,
        error_type,
        finish_reason,
        refused as is_refused,
        answered as is_answered,
        cache_hit as is_cache_hit,
        cache_kind,
        latency_ms,
        first_event_ms,
        first_token_ms,
        retrieval_ms,
        llm_ms,
        complexity,
        confidence,
        context_tokens,
        context_limit_tokens,
        truncated_tokens,
        truncation,
        tool_calls,
        tool_errors,
        citations,
        attachments
    from source_rows

)

select * from renamed
