-- One row a local week and workspace for each of two counterfactuals: what its tokens on the large and on
-- the small model cost, and what the same tokens would have cost on one of them alone, at the prices of the
-- week's end. Another model might have answered at another length: that is what an estimate by price alone
-- leaves out.
with

roles as (

    select * from {{ ref('int_models_by_role_weekly') }}

),

prices as (

    select * from {{ ref('dim_prices') }}
    where scope = '*' and service_tier = 'standard' and above_input_tokens = 0

),

tokens as (

    select
        costs.workspace,
        {{ week_of('costs.day') }} as week,
        costs.provider,
        costs.model,
        {{ sum_counts('costs.calls') }} as calls,
        {{ sum_counts('costs.computed_calls') }} as computed_calls,
        {{ sum_counts('costs.computed_nanos') }} as computed_nanos,
        {{ sum_counts('costs.media_tokens') }} as media_tokens,
        {{ sum_counts('costs.input_tokens') }} as input_tokens,
        {{ sum_counts('costs.cache_read_tokens') }} as cache_read_tokens,
        {{ sum_counts('costs.cache_write_tokens') }} as cache_write_tokens,
        {{ sum_counts('costs.output_tokens') }} as output_tokens,
        {{ sum_counts('costs.reasoning_tokens') }} as reasoning_tokens
    from {{ ref('agg_costs_daily') }} as costs
    where costs.is_matched and costs.call_type in ('generation', '(none)')
    group by costs.workspace, {{ week_of('costs.day') }}, costs.provider, costs.model

),

alternatives as (

    {% for lever, role in [('always_large', 'large'), ('always_small', 'small')] -%}
        select
            workspace,
            week,
            '{{ lever }}' as lever,
            large_model,
            small_model,
            {{ role }}_model as model
        from roles
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

priced as (

    -- The provider of the alternative is the one that sold it that week.
    select
        alternatives.workspace,
        alternatives.week,
        alternatives.lever,
        alternatives.large_model,
        alternatives.small_model,
        max(tokens.provider) as provider,
        alternatives.model
    from alternatives
    left join tokens
        on
            alternatives.workspace = tokens.workspace
            and alternatives.week = tokens.week
            and alternatives.model = tokens.model
    group by
        alternatives.workspace,
        alternatives.week,
        alternatives.lever,
        alternatives.large_model,
        alternatives.small_model,
        alternatives.model

),

final as (

    select
        priced.workspace,
        priced.week,
        priced.lever,
        sum(tokens.computed_nanos) as with_nanos,
        sum(case when tokens.media_tokens = 0 then {{ tokens_at_price('tokens', 'prices') }} end)
            as without_nanos,
        case
            when
                min(priced.model) is null
                then 'no_' || case priced.lever when 'always_large' then 'large' else 'small' end || '_model'
            when min(priced.small_model) is null or min(priced.large_model) is null then 'nothing_is_routed'
            when sum(tokens.computed_calls) < sum(tokens.calls) then 'prices_incomplete'
            when
                count(case when tokens.media_tokens = 0 then {{ tokens_at_price('tokens', 'prices') }} end)
                < count(*)
                then 'no_price_for_a_meter'
        end as not_estimable_because
    from priced
    left join tokens
        on
            priced.workspace = tokens.workspace
            and priced.week = tokens.week
            and tokens.model in (priced.large_model, priced.small_model)
    left join prices
        on
            priced.provider = prices.provider
            and priced.model = prices.model
            and {{ days_after('priced.week', 6) }} >= {{ utc_day('prices.valid_from') }}
            and (
                {{ days_after('priced.week', 6) }} < {{ utc_day('prices.valid_to') }}
                or prices.valid_to is null
            )
    group by priced.workspace, priced.week, priced.lever

)

select * from final
