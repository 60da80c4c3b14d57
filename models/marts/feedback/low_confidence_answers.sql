-- The answers of the last weeks that the assistant was not sure of, one row a query: a worklist, by ids only.
with

answers as (

    select * from {{ ref('srv_answers_to_review') }}

),

newest as (

    select * from {{ ref('int_newest_day') }}

),

{{ current_topics() }},

final as (

    select
        answers.query_key,
        answers.day,
        answers.workspace,
        answers.query_id,
        answers.session_id,
        answers.surface,
        answers.model,
        answers.assistant,
        answers.prompt_name,
        answers.prompt_version,
        answers.query_type,
        coalesce(topics.current_id, answers.topic_id) as topic_id,
        answers.confidence,
        answers.failure,
        answers.opinion
    from answers
    left join topics on answers.topic_id = topics.cluster_id
    cross join newest
    where
        answers.is_low_confidence
        and answers.day > {{ days_after('newest.newest_day', '-' ~ var('worklist_days')) }}

)

select * from final
