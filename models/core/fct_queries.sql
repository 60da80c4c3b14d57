-- One row a query, a turn that a user sees, also where several lines tell it (`fct_query_parts`). What marts
-- count comes first: a row is read up to what is asked.
{{ config(
    materialized='touched',
    key=['query_ref'],
    indexes=[{'columns': ['session_thread']}, {'columns': ['workspace', 'day']}]
) }}
with

queries as (

    select * from {{ keyed(ref('stg_native__queries'), 'query_ref', makes_rows='always') }}

),

parts as (

    select * from {{ keyed(ref('fct_query_parts'), 'query_ref', makes_rows=false) }}

),

costs as (

    select * from {{ keyed(ref('fct_costs'), 'thread_ref', only=counted_of_calls()) }} as costs_in_part

),

feedback as (

    select * from {{ keyed(ref('fct_feedback'), 'thread_ref') }}

),

computed as (

    select
        *,
        row_number() over (partition by target_ref order by {{ newest_score() }}) as place
    from {{ keyed(ref('stg_native__complexity_scores'), 'target_ref', makes_rows=false) }}

),

costs_by_query as (

    select
        query_key,
        {{ call_sums() }}
    from costs
    where query_key is not null
    group by query_key

),

feedback_by_query as (

    select
        query_key,
        count(*) filter (where sentiment = 1) as positive_feedback,
        count(*) filter (where sentiment = -1) as negative_feedback
    from feedback
    where query_key is not null and is_current
    group by query_key

),

final as (

    select
        queries.query_key,
        queries.query_ref,
        queries.workspace,
        queries.occurred_at,
        {{ local_day('queries.occurred_at') }} as day,
        {{ told(told_columns()) }},
        coalesce(
            parts.session_ref, queries.session_ref, parts.subject_ref, queries.subject_ref
        ) as session_thread,
        queries.status,
        {{ complexity_tier('coalesce(queries.complexity, computed.complexity)') }} as complexity_tier,
        {{ complexity_source('queries.complexity', 'computed.complexity') }} as complexity_source,
        {{ clock_buckets() }},
        {{ told(['latency_ms']) }},
        coalesce(costs_by_query.cost_calls, 0) as cost_calls,
        coalesce(costs_by_query.cost_calls - costs_by_query.priced_calls, 0) as unpriced_calls,
        costs_by_query.cost_nanos,
        costs_by_query.input_tokens,
        costs_by_query.cache_read_tokens,
        costs_by_query.cache_write_tokens,
        costs_by_query.media_tokens,
        costs_by_query.output_tokens,
        costs_by_query.reasoning_tokens,
        coalesce(feedback_by_query.positive_feedback, 0) as positive_feedback,
        coalesce(feedback_by_query.negative_feedback, 0) as negative_feedback,
        queries.source_relation,
        queries.batch_id,
        queries.event_id,
        queries.trace_id,
        queries.query_id,
        queries.parent_query_id,
        queries.turn,
        queries.schema_type,
        queries.locale,
        queries.route_policy,
        queries.route_propensity,
        queries.access_level,
        queries.operation,
        queries.error_type,
        queries.finish_reason,
        queries.is_refused,
        queries.is_answered,
        queries.is_cache_hit,
        queries.cache_kind,
        queries.first_event_ms,
        {{ told(['first_token_ms', 'retrieval_ms', 'llm_ms']) }},
        queries.complexity,
        queries.confidence,
        queries.context_tokens,
        queries.context_limit_tokens,
        queries.truncated_tokens,
        queries.truncation,
        queries.tool_calls,
        queries.tool_errors,
        queries.citations,
        queries.attachments,
        {{ told(told_columns(rest=true)) }},
        coalesce(parts.line_count, 1) as line_count
    from queries
    left join parts on queries.query_key = parts.query_key
    left join costs_by_query on queries.query_key = costs_by_query.query_key
    left join feedback_by_query on queries.query_key = feedback_by_query.query_key
    left join computed on queries.query_ref = computed.target_ref and computed.place = 1
    where coalesce(parts.place, 1) = 1

)

select * from final
