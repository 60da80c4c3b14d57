-- One row a gap with a published article, and measure: did its questions fare better since, compared with
-- the topics of other questions over the same days (difference in differences)?
with

changes as (

    select * from {{ ref('int_gap_changes') }}
    where is_treated

),

comparisons as (

    select * from {{ ref('int_gap_comparisons') }}

),

decisions as (

    select * from {{ ref('int_gap_decisions') }}
    where published_day is not null

),

measures as (

    select 'dissatisfied_rate' as metric
    union all
    select 'success_rate' as metric

),

joined as (

    select
        decisions.workspace,
        decisions.gap_id,
        measures.metric,
        decisions.article_id,
        decisions.published_day,
        coalesce(changes.queries_before, 0) as queries_before,
        coalesce(changes.queries_after, 0) as queries_after,
        {{ ratio('changes.hits_before', 'changes.queries_before') }} as rate_before,
        {{ ratio('changes.hits_after', 'changes.queries_after') }} as rate_after,
        coalesce(comparisons.topics, 0) as compared_topics,
        comparisons.change as compared_change,
        sqrt(
            {{ share_variance('changes.hits_before', 'changes.queries_before') }}
            + {{ share_variance('changes.hits_after', 'changes.queries_after') }}
            + comparisons.drift_variance + comparisons.variance / comparisons.topics
        ) * {{ student_reach('nullif(comparisons.topics - 1, 0)') }} as reach
    from decisions
    cross join measures
    left join changes
        on
            decisions.workspace = changes.workspace
            and decisions.gap_id = changes.gap_id
            and measures.metric = changes.metric
    left join comparisons
        on
            decisions.workspace = comparisons.workspace
            and decisions.gap_id = comparisons.gap_id
            and measures.metric = comparisons.metric

),

reasoned as (

    select
        *,
        case
            when queries_before < {{ var('minimum_queries_to_judge') }} then 'too_few_before'
            when queries_after < {{ var('minimum_queries_to_judge') }} then 'too_few_after'
            when compared_topics < {{ var('gap_least_topics') }} then 'too_few_topics'
        end as not_judged_because
    from joined

),

final as (

    select
        workspace,
        gap_id,
        metric,
        article_id,
        published_day,
        queries_before,
        queries_after,
        rate_before,
        rate_after,
        compared_topics,
        compared_change,
        {{ when_judged('rate_after - rate_before - compared_change') }} as effect,
        {{ when_judged('rate_after - rate_before - compared_change - reach') }} as effect_low,
        {{ when_judged('rate_after - rate_before - compared_change + reach') }} as effect_high,
        {{ gap_verdict() }} as verdict,
        not_judged_because
    from reasoned

)

select * from final
