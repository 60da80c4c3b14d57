-- One row a query that scorers, judges or people have scored, with the score that counts from each: of an
-- evaluator's versions the newest, of that version's lines the last (a retrieval that comes late is scored
-- again). One of somebody else's that is called like one of ours is another evaluator. Scores of a query that
-- has not landed stay, with no query_key.
{{ config(materialized='touched', key=['query_ref'], indexes=[{'columns': ['session_thread']}]) }}
with

evaluations as (

    select * from {{ keyed(ref('stg_native__evaluations'), 'target_ref') }}

),

queries as (

    select * from {{ keyed(ref('fct_queries'), 'query_ref', makes_rows=false) }}

),

queries_ranked as (

    select
        *,
        row_number() over (partition by query_ref order by occurred_at, query_key) as occurrence
    from queries

),

evaluations_ranked as (

    select
        *,
        {{ by_assay() }} as is_ours,
        row_number() over (
            partition by target_ref, evaluator, {{ by_assay() }} order by {{ newest_score() }}
        ) as place
    from evaluations
    where target_type = 'query'

),

scores as (

    select * from evaluations_ranked
    where place = 1

),

scores_by_query as (

    select
        scores.target_ref as query_ref,
        max(scores.workspace) as workspace,
        count(*) as evaluators,
        {{ score_of('answer_quality', 'quality') }} as quality,
        {{ score_of('answer_quality', 'grounding') }} as grounding,
        {{ score_of('answer_quality', 'relevance') }} as relevance,
        {{ score_of('answer_quality', 'completeness') }} as completeness,
        {{ score_of('answer_quality', 'refusal') }} as refusal,
        {{ score_of('judge', 'quality') }} as judged_quality,
        {{ score_of('human', 'quality', ours=false) }} as human_quality,
        {{ score_of('complexity', 'complexity') }} as computed_complexity,
        {{ score_of('success', 'probability') }} as success_probability,
        {{ score_of('rephrasing', 'likeness') }} as likeness_to_previous,
        {{ score_of('rephrasing', 'same_words') }} as same_words_as_previous,
        {{ score_of('rephrasing', 'after_ms') }} as previous_before_ms,
        {{ label_of('topics') }} as topic_id,
        {{ score_of('topics', 'similarity') }} as topic_similarity,
        {{ label_of('content_gaps') }} as gap_id,
        {{ score_of('content_gaps', 'probability') }} as gap_probability
    from scores
    group by scores.target_ref

),

final as (

    select
        scores_by_query.query_ref,
        queries_ranked.query_key,
        scores_by_query.workspace,
        queries_ranked.occurred_at,
        queries_ranked.day,
        queries_ranked.session_thread,
        queries_ranked.subject_ref,
        queries_ranked.surface,
        queries_ranked.feature,
        queries_ranked.query_type,
        queries_ranked.provider,
        queries_ranked.model,
        queries_ranked.assistant,
        queries_ranked.prompt_name,
        queries_ranked.prompt_version,
        queries_ranked.status,
        queries_ranked.is_refused,
        queries_ranked.complexity,
        queries_ranked.complexity_tier,
        queries_ranked.confidence,
        queries_ranked.cost_nanos,
        queries_ranked.positive_feedback,
        queries_ranked.negative_feedback,
        scores_by_query.evaluators,
        scores_by_query.quality,
        scores_by_query.grounding,
        scores_by_query.relevance,
        scores_by_query.completeness,
        scores_by_query.refusal,
        scores_by_query.judged_quality,
        scores_by_query.human_quality,
        scores_by_query.computed_complexity,
        scores_by_query.success_probability,
        scores_by_query.likeness_to_previous,
        scores_by_query.same_words_as_previous,
        scores_by_query.previous_before_ms,
        scores_by_query.topic_id,
        scores_by_query.topic_similarity,
        scores_by_query.gap_id,
        scores_by_query.gap_probability
    from scores_by_query
    left join queries_ranked
        on scores_by_query.query_ref = queries_ranked.query_ref and queries_ranked.occurrence = 1

)

select * from final
