-- One row a scored query of a known session: what its user did next. The key is the thread (session, else
-- person), because a late query stands between two others.
{{ config(materialized='touched', key=['session_thread']) }}
{%- set thread = 'partition by session_thread order by occurred_at, query_key' %}
with

queries as (

    select * from {{ keyed(ref('fct_queries'), 'session_thread', makes_rows=false) }}

),

scores as (

    select * from {{ keyed(ref('fct_query_scores'), 'session_thread') }}

),

scored as (

    select
        queries.*,
        scores.query_key is not null as is_scored,
        scores.topic_id,
        scores.refusal,
        scores.likeness_to_previous,
        scores.same_words_as_previous,
        scores.previous_before_ms
    from queries
    left join scores on queries.query_key = scores.query_key
    where queries.session_thread is not null

),

followed as (

    select
        *,
        lead(occurred_at) over ({{ thread }}) as next_at,
        lead(parent_query_id) over ({{ thread }}) as next_parent_query_id,
        lead(likeness_to_previous) over ({{ thread }}) as likeness_to_next,
        lead(same_words_as_previous) over ({{ thread }}) as same_words_as_next,
        lead(previous_before_ms) over ({{ thread }}) as compared_before_ms
    from scored

),

continued as (

    select
        *,
        case
            when next_at is null then false
            when session_ref is not null then true
            else next_at <= {{ minutes_after('occurred_at', session_gap_minutes()) }}
        end as is_continued,
        -- Since the next was compared, another may have come in between.
        coalesce(abs({{ milliseconds_apart('occurred_at', 'next_at') }} - compared_before_ms) < 1, false)
            as is_compared
    from followed

),

final as (

    select
        query_key,
        session_thread,
        workspace,
        day,
        {{ labelled('assistant') }} as assistant,
        {{ labelled('prompt_version') }} as prompt_version,
        {{ labelled('topic_id') }} as topic,
        case
            when is_continued and next_parent_query_id = query_id then 'retried'
            when is_continued and is_compared and same_words_as_next = 1 then 'retried'
            when is_continued and is_compared and likeness_to_next >= {{ var('rephrased_from') }}
                then 'rephrased'
            when is_continued then 'went_on'
            when status in ('error', 'cancelled', 'blocked') or refusal = 1 then 'abandoned'
            else 'ended'
        end as next_step,
        is_continued and is_compared as is_compared
    from continued
    where is_scored

)

select * from final
