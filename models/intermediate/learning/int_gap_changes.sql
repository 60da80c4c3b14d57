-- One row a published gap, measure and group of questions: the gap's own (is_treated), and each topic that
-- other questions of its workspace are about, with the shares before and after the day of the article.
with

decisions as (

    select * from {{ ref('int_gap_decisions') }}
    where published_day is not null

),

questions as (

    select * from {{ ref('int_questions_daily') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

around as (

    select
        decisions.workspace,
        decisions.gap_id,
        questions.gap_id = decisions.gap_id as is_treated,
        case when questions.gap_id = decisions.gap_id then '(gap)' else questions.topic_id end as topic_id,
        questions.day > decisions.published_day as is_after,
        questions.queries,
        questions.successes,
        questions.dissatisfied
    from decisions
    inner join questions
        on
            decisions.workspace = questions.workspace
            and decisions.published_day <> questions.day
            and questions.day >= {{ days_after('decisions.published_day', '-' ~ var('gap_window_days')) }}
            and questions.day <= {{ days_after('decisions.published_day', var('gap_window_days')) }}
    inner join horizon
        on questions.day < horizon.today
    where questions.gap_id = decisions.gap_id or questions.topic_id <> '(none)'

),

measured as (

    select
        *,
        'dissatisfied_rate' as metric,
        dissatisfied as hits
    from around
    union all
    select
        *,
        'success_rate' as metric,
        successes as hits
    from around

),

final as (

    select
        workspace,
        gap_id,
        metric,
        is_treated,
        topic_id,
        {{ sum_counts('case when is_after then 0 else queries end') }} as queries_before,
        {{ sum_counts('case when is_after then queries else 0 end') }} as queries_after,
        {{ sum_counts('case when is_after then 0 else hits end') }} as hits_before,
        {{ sum_counts('case when is_after then hits else 0 end') }} as hits_after
    from measured
    group by workspace, gap_id, metric, is_treated, topic_id

)

select * from final
