-- Whether a version of a prompt did better than the one before it, one row a workspace, prompt and
-- version. Compared by the odds of a liked answer: these ratios are right even where the disappointed
-- speak up more, as long as they do so alike under both versions.
with

paired as (

    select * from {{ ref('int_prompt_versions_paired') }}

),

unsaid as (

    select * from {{ ref('int_unsaid') }}

),

counted as (

    select
        paired.*,
        unsaid.feedback as feedback_unsaid,
        paired.compared_positive + paired.compared_negative as opinions,
        paired.baseline_compared_positive + paired.baseline_compared_negative as baseline_opinions
    from paired
    left join unsaid on paired.workspace = unsaid.workspace

),

measured as (

    select
        *,
        case
            when baseline_version is null then 'first_version'
            when least(opinions, baseline_opinions) = 0
                then coalesce(feedback_unsaid, 'nothing_to_judge')
        end as not_judged_because,
        {{ log_odds_ratio() }} as log_odds_ratio,
        {{ log_odds_ratio_error() }} as error,
        {{ ratio('compared_positive + baseline_compared_positive + 1', 'opinions + baseline_opinions + 2') }}
            as positive_rate_of_both,
        least(
            {{ ratio('opinions', 'compared_queries') }},
            {{ ratio('baseline_opinions', 'baseline_compared_queries') }}
        ) as opinion_rate
    from counted

),

judged as (

    select
        *,
        case
            when not_judged_because is not null then 'not_judged'
            when log_odds_ratio - 1.96 * error > 0 then 'better'
            when log_odds_ratio + 1.96 * error < 0 then 'worse'
            else 'cannot_tell_yet'
        end as verdict,
        ceil({{ opinions_needed('log_odds_ratio', 'positive_rate_of_both') }} / nullif(opinion_rate, 0))
            as queries_a_side
    from measured

),

final as (

    select
        workspace,
        prompt_name,
        prompt_version,
        baseline_version,
        first_day,
        last_day,
        queries,
        case
            when baseline_version is null then 'none'
            when shared_days > 0 then 'side_by_side'
            else 'one_after_the_other'
        end as basis,
        compared_queries,
        compared_positive,
        compared_negative,
        baseline_compared_queries,
        baseline_compared_positive,
        baseline_compared_negative,
        {{ ratio('compared_positive', 'opinions') }} as naive_rate,
        {{ ratio('baseline_compared_positive', 'baseline_opinions') }} as baseline_naive_rate,
        case when not_judged_because is null then exp(log_odds_ratio) end as odds_ratio,
        case when not_judged_because is null then exp(log_odds_ratio - 1.96 * error) end as odds_ratio_low,
        case when not_judged_because is null then exp(log_odds_ratio + 1.96 * error) end as odds_ratio_high,
        verdict,
        not_judged_because,
        case
            when verdict = 'cannot_tell_yet'
                then cast(
                    greatest(queries_a_side - least(compared_queries, baseline_compared_queries), 0) as bigint
                )
        end as more_queries_needed
    from judged

)

select * from final
