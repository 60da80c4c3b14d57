-- One row a local week, workspace and pair of evaluators: how often they called an answer good, and how far
-- what they say goes together.
with

pairs as (

    select * from {{ ref('agg_score_pairs_weekly') }}

),

correlations as (

    select * from {{ ref('int_score_correlations_weekly') }}

),

sided as (

    select
        *,
        reference_step >= 0 as is_compared,
        {{ is_good('step') }} as is_good,
        {{ is_good('reference_step') }} as is_reference_good,
        reference_step >= 0
        and not {{ is_good('step') }}
        and not {{ is_good('reference_step') }} as is_both_bad
    from pairs

),

counted as (

    select
        workspace,
        week,
        evaluator,
        reference,
        {{ sum_counts('entries') }} as answers,
        {{ sum_counts('case when is_compared then entries else 0 end') }} as compared_answers,
        {{ sum_counts('case when is_good then entries else 0 end') }} as good,
        {{ sum_counts('case when is_reference_good then entries else 0 end') }} as reference_good,
        {{ sum_counts('case when is_good and is_reference_good then entries else 0 end') }} as both_good,
        {{ sum_counts('case when is_both_bad then entries else 0 end') }}
            as both_bad,
        {{ sum_counts('case when is_compared then score_millionths - reference_millionths end') }}
            as difference_millionths
    from sided
    group by workspace, week, evaluator, reference

),

final as (

    select
        counted.*,
        correlations.mean_square_difference,
        correlations.pearson,
        correlations.spearman,
        correlations.weighted_kappa,
        correlations.mean_step_difference
    from counted
    left join correlations
        on
            counted.workspace = correlations.workspace
            and counted.week = correlations.week
            and counted.evaluator = correlations.evaluator
            and counted.reference = correlations.reference

)

select * from final
