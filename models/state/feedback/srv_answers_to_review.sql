-- One row a query that somebody should look at: it failed its user, was flagged as incorrect, or the
-- assistant was not sure. Few beside all queries, so that worklists and examples are found at once.
{{ config(
    materialized='touched',
    key=['query_ref'],
    indexes=[{'columns': ['workspace', 'day']}],
) }}
with

queries as (

    select * from {{ keyed(ref('fct_queries'), 'query_ref') }}

),

scores as (

    select * from {{ keyed(ref('fct_query_scores'), 'query_ref', makes_rows=false) }}

),

feedback as (

    select * from {{ keyed(ref('fct_feedback'), 'thread_ref') }}

),

flags as (

    -- Of several flags of a query the worst severity counts, and what became of the last.
    select
        *,
        row_number() over (partition by query_key order by occurred_at desc, feedback_key desc) as age,
        {{ severity_rank('severity') }} as severity_rank
    from feedback
    where is_current and is_answered and feedback_type in ('flag', 'correction') and query_key is not null

),

flags_by_query as (

    select
        query_key,
        count(*) as flags,
        {{ count_if("feedback_type = 'correction'") }} as corrections,
        max(severity_rank) as severity_rank,
        max(case when age = 1 then coalesce(resolution, 'open') end) as resolution,
        max(case when age = 1 then event_id end) as flag_event_id,
        max(occurred_at) as flagged_at
    from flags
    group by query_key

),

final as (

    select
        queries.query_key,
        queries.query_ref,
        queries.workspace,
        queries.day,
        queries.occurred_at,
        queries.query_id,
        queries.session_id,
        queries.surface,
        queries.model,
        queries.assistant,
        queries.prompt_name,
        queries.prompt_version,
        queries.query_type,
        scores.topic_id,
        {{ failure_of('queries') }} as failure,
        queries.confidence,
        coalesce(queries.confidence < {{ var('low_confidence_below') }}, false) as is_low_confidence,
        cast(sign(queries.positive_feedback - queries.negative_feedback) as integer) as opinion,
        coalesce(flags_by_query.flags, 0) as flags,
        coalesce(flags_by_query.corrections, 0) as corrections,
        flags_by_query.severity_rank,
        flags_by_query.resolution,
        flags_by_query.flag_event_id,
        flags_by_query.flagged_at
    from queries
    left join scores on queries.query_key = scores.query_key
    left join flags_by_query on queries.query_key = flags_by_query.query_key
    where
        {{ failure_of('queries') }} is not null
        or queries.confidence < {{ var('low_confidence_below') }}
        or flags_by_query.flags > 0

)

select * from final
