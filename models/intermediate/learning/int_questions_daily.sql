-- Sums of a local day by topic and gap as they are today: merged ones under the one that took them in.
with

questions as (

    select * from {{ ref('agg_questions_daily') }}

),

clusters as (

    select * from {{ ref('dim_question_clusters') }}

),

final as (

    select
        questions.workspace,
        questions.day,
        coalesce(topics.current_id, questions.topic_id) as topic_id,
        coalesce(gaps.current_id, questions.gap_id) as gap_id,
        {{ sum_counts('questions.entries') }} as queries,
        {{ sum_counts('questions.looked_up') }} as looked_up,
        {{ sum_counts('questions.unanswered') }} as unanswered,
        {{ sum_counts('questions.successes') }} as successes,
        {{ sum_counts('questions.refused') }} as refused,
        {{ sum_counts('questions.dissatisfied') }} as dissatisfied,
        {{ sum_counts('questions.unanswered_dissatisfied') }} as unanswered_dissatisfied,
        {{ sum_nanos('questions.cost_nanos') }} as cost_nanos,
        {{ sum_nanos('questions.unanswered_cost_nanos') }} as unanswered_cost_nanos
    from questions
    left join clusters as topics
        on questions.topic_id = topics.cluster_id
    left join clusters as gaps
        on questions.gap_id = gaps.cluster_id
    group by
        questions.workspace,
        questions.day,
        coalesce(topics.current_id, questions.topic_id),
        coalesce(gaps.current_id, questions.gap_id)

)

select * from final
