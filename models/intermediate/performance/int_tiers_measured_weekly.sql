-- One row a local week, workspace, tier of complexity and model, with the models that its week routed
-- between: what the analysis estimates from.
with

queries as (

    select * from {{ ref('agg_complexity_weekly') }}

),

latency as (

    select * from {{ ref('int_latency_by_tier_weekly') }}

),

roles as (

    select * from {{ ref('int_models_by_role_weekly') }}

),

quality as (

    select * from {{ ref('agg_answer_quality_by_tier_weekly') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

final as (

    select
        queries.week,
        queries.workspace,
        queries.tier,
        queries.model,
        case queries.model
            when roles.large_model then 'large'
            when roles.small_model then 'small'
            else 'other'
        end as model_role,
        {{ days_after('queries.week', 7) }} <= horizon.today as is_complete,
        {{ outcome_columns('queries') }},
        {{ ratio('queries.queries', 'roles.queries') }} as share_of_queries,
        latency.latency_p50_ms,
        latency.latency_p95_ms,
        {{ token_columns('queries') }},
        {{ cost_columns('queries') }},
        queries.positive_feedback,
        queries.negative_feedback,
        {{ ratio('queries.positive_feedback', '(queries.positive_feedback + queries.negative_feedback)') }}
            as positive_rate,
        roles.large_model,
        roles.small_model,
        roles.large_queries,
        roles.large_tokens,
        roles.large_cost_nanos,
        roles.large_unpriced_calls,
        {{ ratio('roles.small_queries', 'roles.queries') }} as small_model_share,
        roles.queries as queries_of_week,
        coalesce(quality.judged_answers, 0) as judged_answers,
        {{ average_of_millionths('quality.quality_millionths', 'quality.judged_answers') }} as quality,
        coalesce(quality.compared_queries, 0) as compared_queries,
        coalesce(quality.other_tier_queries, 0) as other_tier_queries,
        coalesce(quality.computed_high_queries, 0) as computed_high_queries,
        coalesce(quality.computed_medium_queries, 0) as computed_medium_queries,
        coalesce(quality.computed_low_queries, 0) as computed_low_queries,
        queries.tiered_by_text
    from queries
    left join latency
        on
            queries.workspace = latency.workspace
            and queries.week = latency.week
            and queries.tier = latency.tier
            and queries.model = latency.model
    left join quality
        on
            queries.workspace = quality.workspace
            and queries.week = quality.week
            and queries.tier = quality.tier
            and queries.model = quality.model
    left join roles
        on queries.workspace = roles.workspace and queries.week = roles.week
    cross join horizon

)

select * from final
