-- How often, in a local week of a workspace, an evaluator said one score of an answer and its reference
-- another, in twentieths. Agreement of any kind follows from these counts. Answers that the reference did
-- not score stand apart: what the evaluator says of them is what its error has to be corrected in.
{{ config(key=['workspace', 'week', 'evaluator', 'reference', 'step', 'reference_step']) }}
with

scores as (

    select * from {{ changes(ref('fct_query_scores')) }} as changes

),

pairs as (

    {{ score_pairs() }}

),

paired as (

    select
        scores.sign,
        scores.workspace,
        {{ week_of('scores.day') }} as week,
        pairs.evaluator,
        pairs.reference,
        {{ score_by('pairs.evaluator') }} as score,
        {{ score_by('pairs.reference') }} as reference_score
    from scores
    cross join pairs
    where scores.query_key is not null

),

final as (

    select
        workspace,
        week,
        evaluator,
        reference,
        {{ score_step('score') }} as step,
        coalesce({{ score_step('reference_score') }}, -1) as reference_step,
        {{ sum_counts('sign') }} as entries,
        {{ add_up(to_millionths('score')) }} as score_millionths,
        {{ add_up(to_millionths('reference_score')) }} as reference_millionths
    from paired
    where score is not null
    group by
        workspace,
        week,
        evaluator,
        reference,
        {{ score_step('score') }},
        {{ score_step('reference_score') }}

)

select * from final
