-- One row a local week, workspace, tier of complexity and model. The baseline is an estimate: the row's
-- tokens at what the large model took for a token in the same workspace and week.
with

tiers as (

    select * from {{ ref('int_tiers_measured_weekly') }}

),

unsaid as (

    select * from {{ ref('int_unsaid') }}

),

measured as (

    select
        tiers.*,
        unsaid.feedback as feedback_unsaid
    from tiers
    left join unsaid on tiers.workspace = unsaid.workspace

),

reasoned as (

    select
        *,
        {{ not_judged_because('queries - cancelled') }} as success_not_judged_because,
        {{ not_judged_because('measured_queries') }} as latency_not_judged_because,
        {{ not_judged_because('positive_feedback + negative_feedback', 'feedback_unsaid') }}
            as feedback_not_judged_because,
        case
            when cost_status <> 'priced' then cost_status
            when large_model is null then 'no_large_model'
            when model_role = 'large' then null
            when total_tokens = 0 then 'not_priced_by_token'
            when large_unpriced_calls > 0 then 'large_model_not_priced'
            when large_queries < {{ var('minimum_queries_to_judge') }} then 'too_few'
        end as savings_not_estimated_because,
        case
            when small_model is null then 'no_small_model'
            else {{ not_judged_because('queries_of_week') }}
        end as small_model_not_judged_because
    from measured

),

estimated as (

    select
        *,
        cast(
            case
                when savings_not_estimated_because is not null then null
                when model_role = 'large' then cost_usd
                else {{ usd_each('large_cost_nanos * cast(total_tokens as decimal(38, 0))', 'large_tokens') }}
            end as decimal(38, 9)
        ) as baseline_cost_usd
    from reasoned

),

final as (

    select
        week,
        workspace,
        tier,
        model,
        model_role,
        is_complete,
        queries,
        successes,
        errors,
        cancelled,
        blocked,
        share_of_queries,
        success_rate,
        success_not_judged_because,
        measured_queries,
        latency_p50_ms,
        latency_p95_ms,
        latency_not_judged_because,
        total_tokens,
        cost_usd,
        cost_per_query_usd,
        unpriced_calls,
        cost_status,
        positive_feedback,
        negative_feedback,
        positive_rate,
        feedback_not_judged_because,
        large_model,
        baseline_cost_usd,
        cast(baseline_cost_usd - cost_usd as decimal(38, 9)) as savings_usd,
        {{ ratio('(baseline_cost_usd - cost_usd)', 'baseline_cost_usd') }} as savings_rate,
        savings_not_estimated_because,
        small_model,
        small_model_share,
        {{ judge('small_model_share', '>=', small_model_share_target(), 'small_model_not_judged_because') }}
            as small_model_target,
        small_model_not_judged_because,
        judged_answers,
        quality,
        {{ not_judged_because('judged_answers') }} as quality_not_judged_because,
        compared_queries,
        other_tier_queries,
        {{ ratio('other_tier_queries', 'compared_queries') }} as other_tier_rate,
        computed_high_queries,
        computed_medium_queries,
        computed_low_queries,
        case
            when tier = 'not_judged' then 'not_judged'
            when tiered_by_text = 0 then 'logged'
            when tiered_by_text = queries then 'computed'
            else 'both'
        end as tier_source,
        tiered_by_text as queries_tiered_by_text
    from estimated

)

select * from final
