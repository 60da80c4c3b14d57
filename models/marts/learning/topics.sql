-- One row a topic that has questions, over all time; two spans of `gap_window_days` tell where it goes.
with

questions as (

    select * from {{ ref('int_questions_daily') }}

),

clusters as (

    select * from {{ ref('dim_question_clusters') }}
    where kind = 'topic'

),

users as (

    select
        clusters.current_id as topic_id,
        count(distinct question_users.subject_ref) as users
    from {{ ref('agg_question_users') }} as question_users
    inner join clusters
        on question_users.topic_id = clusters.cluster_id
    group by clusters.current_id

),

first_days as (

    select * from {{ ref('int_first_days') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

counted as (

    select
        questions.workspace,
        questions.topic_id,
        min(questions.day) as first_day,
        max(questions.day) as last_day,
        {{ sum_counts('questions.queries') }} as queries,
        {{ sum_counts(in_window('questions.day', 'questions.queries', 0)) }} as recent_queries,
        {{ sum_counts(in_window('questions.day', 'questions.queries', 1)) }} as earlier_queries,
        {{ sum_counts('questions.successes') }} as successes,
        {{ sum_counts('questions.refused') }} as refused,
        {{ sum_counts('questions.dissatisfied') }} as dissatisfied,
        {{ sum_counts('questions.looked_up') }} as looked_up,
        {{ sum_counts('questions.unanswered') }} as unanswered,
        {{ nanos_to_usd(sum_nanos('questions.cost_nanos')) }} as cost_usd
    from questions
    cross join horizon
    where questions.topic_id <> '(none)'
    group by questions.workspace, questions.topic_id

),

reasoned as (

    select
        counted.*,
        {{ growth_not_judged_because('counted.earlier_queries') }} as growth_not_judged_because
    from counted
    cross join horizon
    left join first_days
        on counted.workspace = first_days.workspace

),

final as (

    select
        counted.workspace,
        counted.topic_id,
        clusters.label,
        clusters.label_source,
        counted.first_day,
        counted.last_day,
        counted.queries,
        coalesce(users.users, 0) as users,
        counted.recent_queries,
        counted.earlier_queries,
        case
            when counted.growth_not_judged_because is null
                then {{ ratio('counted.recent_queries', 'counted.earlier_queries') }} - 1
        end as growth_rate,
        counted.successes,
        {{ ratio('counted.successes', 'counted.queries') }} as success_rate,
        counted.refused,
        counted.dissatisfied,
        {{ ratio('counted.dissatisfied', 'counted.queries') }} as dissatisfied_rate,
        counted.looked_up,
        counted.unanswered,
        {{ ratio('counted.unanswered', 'counted.looked_up') }} as unanswered_rate,
        {{ not_judged_because('counted.queries') }} as rates_not_judged_because,
        counted.cost_usd,
        counted.growth_not_judged_because
    from reasoned as counted
    inner join clusters
        on counted.topic_id = clusters.cluster_id
    left join users
        on counted.topic_id = users.topic_id

)

select * from final
