-- One row a scored query of a known session: what its user did next. The key is the thread (session, else
-- person), because a late query stands between two others.
{{ config(materialized='touched', key=['session_thread']) }}
{%- set thread = 'partition by session_thread order by occurred_at, query_key' %}
with

queries as (

    select * from {{ keyed(ref('fct_queries'), 'session_thread') }}

),

scores as (

    select * from {{ keyed(ref('fct_query_scores'), 'session_thread') }}

),

followed as (

    select
        *,
        lead(occurred_at) over ({{ thread }}) as next_at,
        lead(parent_query_id) over ({{ thread }}) as next_parent_query_id
    from queries
    where session_thread is not null

),

continued as (

    select
        *,
        case
            when next_at is null then false
            when session_ref is not null then true
            else next_at <= {{ minutes_after('occurred_at', session_gap_minutes()) }}
        end as is_continued
    from followed

),

final as (

    select
        continued.query_key,
        continued.session_thread,
        continued.workspace,
        continued.day,
        {{ labelled('continued.assistant') }} as assistant,
        {{ labelled('continued.prompt_version') }} as prompt_version,
        {{ labelled('scores.topic_id') }} as topic,
        case
            when continued.is_continued and continued.next_parent_query_id = continued.query_id then 'retried'
            when continued.is_continued then 'went_on'
            when continued.status in ('error', 'cancelled', 'blocked') or scores.refusal = 1 then 'abandoned'
            else 'ended'
        end as next_step
    from continued
    inner join scores on continued.query_key = scores.query_key

)

select * from final
