-- The answers that somebody flagged as incorrect or corrected, one row a query: a worklist with how bad,
-- and what became of it, by ids only. A decision about the feedback or its query has the last word, until
-- somebody flags it again.
with

answers as (

    select * from {{ ref('srv_answers_to_review') }}

),

decisions as (

    select * from {{ ref('fct_decisions') }}

),

{{ current_topics() }},

flagged as (

    select * from answers
    where flags > 0

),

decided as (

    select
        flagged.query_key,
        decisions.decision,
        decisions.occurred_at as decided_at,
        row_number() over (
            partition by flagged.query_key order by decisions.occurred_at desc, decisions.decision_key desc
        ) as age
    from flagged
    inner join decisions
        on
            flagged.workspace = decisions.workspace
            and decisions.object_type = 'feedback'
            and decisions.object_id in (flagged.query_id, flagged.flag_event_id)
            and flagged.flagged_at <= decisions.occurred_at

),

final as (

    select
        flagged.query_key,
        flagged.day,
        flagged.workspace,
        flagged.query_id,
        flagged.session_id,
        flagged.surface,
        flagged.model,
        flagged.assistant,
        flagged.prompt_name,
        flagged.prompt_version,
        flagged.query_type,
        coalesce(topics.current_id, flagged.topic_id) as topic_id,
        flagged.flagged_at,
        flagged.flags,
        flagged.corrections,
        {{ severity_of_rank('flagged.severity_rank') }} as severity,
        case
            when decided.decision in ('resolve', 'publish', 'promote') then 'fixed'
            when decided.decision in ('dismiss', 'false_alarm') then 'dismissed'
            when decided.decision = 'acknowledge' then 'acknowledged'
            when decided.decision is not null then 'open'
            else flagged.resolution
        end as resolution,
        case when decided.decision is null then 'feedback' else 'decision' end as resolution_signal,
        decided.decided_at,
        flagged.confidence
    from flagged
    left join topics on flagged.topic_id = topics.cluster_id
    left join decided on flagged.query_key = decided.query_key and decided.age = 1

)

select * from final
