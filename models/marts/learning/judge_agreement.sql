-- One row a local week, workspace, evaluator and reference: whether a scorer or a judge says what its
-- reference says, and how many answers are good once its mistakes are taken into account.
with

agreement as (

    select * from {{ ref('int_score_agreement_weekly') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

counted as (

    select
        agreement.*,
        agreement.compared_answers - agreement.reference_good as reference_bad,
        {{ days_after('agreement.week', 7) }} <= horizon.today as is_complete,
        {{ ratio('difference_millionths', 'compared_answers * 1000000') }} as mean_difference,
        {{ ratio('good', 'answers') }} as good_rate,
        {{ ratio('both_good', 'reference_good') }} as sensitivity,
        {{ ratio('both_bad', '(compared_answers - reference_good)') }} as specificity
    from agreement
    cross join horizon

),

reasoned as (

    select
        *,
        {{ not_judged_because('compared_answers') }} as bias_not_judged_because,
        coalesce(
            {{ not_judged_because('compared_answers') }}, case when pearson is null then 'nothing_varies' end
        ) as agreement_not_judged_because,
        -- Both in steps: beside the mean of what is no step, their squares would make no variance.
        sqrt(
            greatest(mean_square_difference - power(mean_step_difference, 2), 0)
            / nullif(compared_answers - 1, 0)
        ) as error,
        case
            when least(reference_good, reference_bad) < {{ var('minimum_queries_to_judge') }} then 'too_few'
            when sensitivity + specificity - 1 <= 0.1 then 'evaluator_does_not_tell_apart'
        end as correction_not_judged_because
    from counted

),

biased as (

    select
        *,
        case when bias_not_judged_because is null then mean_difference end as bias,
        case when bias_not_judged_because is null then error end as bias_error
    from reasoned

),

drifted as (

    select
        *,
        lag(week) over (partition by workspace, evaluator, reference order by week)
        = {{ days_after('week', -7) }} as is_next,
        lag(bias) over (partition by workspace, evaluator, reference order by week) as bias_before,
        lag(bias_error) over (partition by workspace, evaluator, reference order by week) as error_before
    from biased

),

corrected as (

    -- Rogan and Gladen's estimate, with the variance that comes of knowing its two rates from samples only.
    select
        *,
        (good_rate + specificity - 1) / nullif(sensitivity + specificity - 1, 0) as estimate
    from drifted

),

spread as (

    select
        *,
        1.96 * sqrt(
            good_rate * (1 - good_rate) / answers
            + power(estimate, 2) * sensitivity * (1 - sensitivity) / nullif(reference_good, 0)
            + power(1 - estimate, 2) * specificity * (1 - specificity) / nullif(reference_bad, 0)
        ) / nullif(sensitivity + specificity - 1, 0) as reach
    from corrected

),

final as (

    select
        week,
        workspace,
        evaluator,
        reference,
        is_complete,
        answers,
        compared_answers,
        agreement_not_judged_because,
        case when agreement_not_judged_because is null then spearman end as spearman,
        case when agreement_not_judged_because is null then pearson end as pearson,
        case when agreement_not_judged_because is null then weighted_kappa end as weighted_kappa,
        bias_not_judged_because,
        bias,
        bias - 1.96 * bias_error as bias_low,
        bias + 1.96 * bias_error as bias_high,
        case when is_next then bias - bias_before end as drift,
        case
            when bias - bias_before is null or not is_next then 'not_judged'
            when abs(bias - bias_before) > 1.96 * sqrt(power(bias_error, 2) + power(error_before, 2))
                then 'drifting'
            else 'steady'
        end as drift_status,
        good_rate,
        reference_good as reference_good_answers,
        reference_bad as reference_low_answers,
        sensitivity,
        specificity,
        correction_not_judged_because,
        case when correction_not_judged_because is null then {{ share_of('estimate') }} end
            as corrected_good_rate,
        case when correction_not_judged_because is null then {{ share_of('estimate - reach') }} end
            as corrected_good_rate_low,
        case when correction_not_judged_because is null then {{ share_of('estimate + reach') }} end
            as corrected_good_rate_high
    from spread

)

select * from final
