-- One row a content gap: questions that ask alike, and that the knowledge base has no answer to. Ranked by
-- how many of them came lately or left somebody dissatisfied; those let go or closed come last.
with

questions as (

    select * from {{ ref('int_questions_daily') }}

),

clusters as (

    select * from {{ ref('dim_question_clusters') }}
    where kind = 'gap'

),

users as (

    select
        clusters.current_id as gap_id,
        count(distinct question_users.subject_ref) as users
    from {{ ref('agg_question_users') }} as question_users
    inner join clusters
        on question_users.gap_id = clusters.cluster_id
    where question_users.unanswered > 0
    group by clusters.current_id

),

decisions as (

    select * from {{ ref('int_gap_decisions') }}

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
        questions.gap_id,
        min(questions.day) as first_day,
        max(questions.day) as last_day,
        {{ sum_counts('questions.unanswered') }} as questions,
        {{ sum_counts(in_window('questions.day', 'questions.unanswered', 0)) }} as recent_questions,
        {{ sum_counts(in_window('questions.day', 'questions.unanswered', 1)) }} as earlier_questions,
        {{ sum_counts('questions.unanswered_dissatisfied') }} as dissatisfied,
        {{ nanos_to_usd(sum_nanos('questions.unanswered_cost_nanos')) }} as cost_usd
    from questions
    cross join horizon
    where questions.gap_id <> '(none)' and questions.unanswered > 0
    group by questions.workspace, questions.gap_id

),

judged as (

    select
        counted.*,
        clusters.label,
        coalesce(users.users, 0) as users,
        coalesce(decisions.status, 'open') as status,
        decisions.decided_day,
        decisions.article_id,
        decisions.published_day,
        {{ growth_not_judged_because('counted.earlier_questions') }} as growth_not_judged_because
    from counted
    cross join horizon
    inner join clusters
        on counted.gap_id = clusters.cluster_id
    left join first_days
        on counted.workspace = first_days.workspace
    left join users
        on counted.gap_id = users.gap_id
    left join decisions
        on counted.gap_id = decisions.gap_id

),

final as (

    select
        workspace,
        gap_id,
        label,
        status,
        decided_day,
        article_id,
        published_day,
        first_day,
        last_day,
        questions,
        users,
        recent_questions,
        earlier_questions,
        case
            when growth_not_judged_because is null
                then {{ ratio('recent_questions', 'earlier_questions') }} - 1
        end as growth_rate,
        dissatisfied,
        {{ ratio('dissatisfied', 'questions') }} as dissatisfied_rate,
        cost_usd,
        row_number() over (
            partition by workspace
            order by
                case when status in ('published', 'dismissed') then 1 else 0 end asc,
                recent_questions + dissatisfied desc,
                questions desc,
                gap_id asc
        ) as impact_rank,
        growth_not_judged_because
    from judged

)

select * from final
