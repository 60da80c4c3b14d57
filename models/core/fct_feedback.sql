-- One row a feedback signal, also an ask that stayed unanswered, with what it was about. A signal belongs
-- to the outermost query of its id; one without a query, or with a query that has not landed, stays.
{{ config(materialized='touched', key=['thread_ref'], indexes=[{'columns': ['session_ref']}]) }}
with recursive

feedback as (

    select * from {{ keyed(ref('stg_native__feedback'), 'thread_ref', makes_rows='always') }}

),

queries as (

    select * from {{ keyed(ref('stg_native__queries'), 'query_ref', makes_rows=false) }}

),

parts as (

    select
        query_key,
        place,
        {{ (told_columns() + ['prompt_name', 'prompt_version']) | join(',\n        ') }}
    from {{ keyed(ref('fct_query_parts'), 'query_ref', makes_rows=false) }}

),

outermost_queries as (

    -- Of several lines, the outermost; what all of them say of the query stands beside it.
    select
        queries.query_key,
        queries.query_ref,
        queries.complexity,
        {{ told(told_columns() + ['prompt_name', 'prompt_version']) }}
    from queries
    left join parts on queries.query_key = parts.query_key
    where coalesce(parts.place, 1) = 1

),

edits as (

    -- Once both have landed, in whatever order. What answers an edit answers the ask that it edits, too.
    select
        later.feedback_key,
        later.is_answered,
        earlier.feedback_key as earlier_key
    from feedback as later
    inner join feedback as earlier
        on
            later.thread_ref = earlier.thread_ref
            and later.superseded_event_id = earlier.event_id
            and later.event_id <> earlier.event_id

),

reached as (

    select
        earlier_key,
        is_answered
    from edits
    union distinct
    select
        edits.earlier_key,
        reached.is_answered
    from reached
    inner join edits on reached.earlier_key = edits.feedback_key

),

superseded as (

    select
        earlier_key,
        bool_or(is_answered) as is_answered
    from reached
    group by earlier_key

),

asks as (

    select
        feedback.*,
        (coalesce(feedback.is_solicited, false) or feedback.asked_at is not null)
        and edits.feedback_key is null as is_ask
    from feedback
    left join edits on feedback.feedback_key = edits.feedback_key

),

final as (

    select
        feedback.feedback_key,
        feedback.thread_ref,
        outermost_queries.query_key,
        feedback.source_relation,
        feedback.batch_id,
        feedback.event_id,
        feedback.workspace,
        feedback.occurred_at,
        {{ local_day('feedback.occurred_at') }} as day,
        feedback.query_id,
        feedback.session_id,
        coalesce(feedback.session_ref, outermost_queries.session_ref) as session_ref,
        coalesce(feedback.subject_ref, outermost_queries.subject_ref) as subject_ref,
        outermost_queries.surface,
        outermost_queries.feature,
        outermost_queries.provider,
        outermost_queries.model,
        outermost_queries.prompt_name,
        outermost_queries.prompt_version,
        {{ complexity_tier('outermost_queries.complexity') }} as complexity_tier,
        feedback.feedback_type,
        feedback.feedback_value,
        case
            when feedback.is_answered
                then {{ sentiment('feedback.feedback_type', 'feedback.feedback_value') }}
        end as sentiment,
        feedback.reasons,
        feedback.severity,
        feedback.resolution,
        feedback.is_solicited,
        feedback.asked_at,
        feedback.ask_probability,
        feedback.is_answered,
        superseded.earlier_key is null as is_current,
        feedback.is_ask,
        case when feedback.is_ask then feedback.is_answered or coalesce(superseded.is_answered, false) end
            as is_ask_answered
    from asks as feedback
    left join outermost_queries on feedback.thread_ref = outermost_queries.query_ref
    left join superseded on feedback.feedback_key = superseded.earlier_key

)

select * from final
