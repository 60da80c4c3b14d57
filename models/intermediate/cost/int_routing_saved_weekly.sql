-- One row a local week and workspace for each of two counterfactuals: what its tokens on the large and on
-- the small model cost, and what the same tokens would have cost on one of them alone: by the workspace's
-- prices at the week's end, and at the discount, of a batch for example, that they had on their own model.
-- Another model might have answered at another length: that is what an estimate by price alone leaves out.
with

roles as (

    select * from {{ ref('int_models_by_role_weekly') }}

),

{{ list_prices() }},

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

sold as (

    -- Where several sell a model, the last of them by name stands for its price.
    select
        tokens.*,
        {{ tokens_at_price('tokens', 'prices') }} as listed_nanos,
        prices.input_price,
        prices.cache_read_price,
        prices.cache_write_price,
        prices.output_price,
        prices.reasoning_price,
        row_number() over (
            partition by tokens.workspace, tokens.week, tokens.model
            order by tokens.provider desc
        ) as place
    from tokens
    left join own_prices
        on
            tokens.workspace = own_prices.scope
            and tokens.provider = own_prices.provider
            and tokens.model = own_prices.model
    left join prices
        on
            tokens.provider = prices.provider
            and tokens.model = prices.model
            and prices.scope = coalesce(own_prices.scope, '*')
            and {{ days_after('tokens.week', 6) }} >= {{ utc_day('prices.valid_from') }}
            and (
                {{ days_after('tokens.week', 6) }} < {{ utc_day('prices.valid_to') }}
                or prices.valid_to is null
            )

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

valued as (

    select
        alternatives.*,
        routed.calls,
        routed.computed_calls,
        routed.computed_nanos,
        case
            when routed.model = alternatives.model then routed.computed_nanos
            when routed.media_tokens = 0 then round(
                {{ tokens_at_price('routed', 'sole') }} * case
                    when routed.computed_nanos < routed.listed_nanos
                        then cast(routed.computed_nanos as decimal(38, 9)) / routed.listed_nanos
                    else 1
                end
            )
        end as otherwise_nanos
    from alternatives
    left join sold as routed
        on
            alternatives.workspace = routed.workspace
            and alternatives.week = routed.week
            and routed.model in (alternatives.large_model, alternatives.small_model)
    left join sold as sole
        on
            alternatives.workspace = sole.workspace
            and alternatives.week = sole.week
            and alternatives.model = sole.model
            and sole.place = 1

),

final as (

    select
        workspace,
        week,
        lever,
        sum(computed_nanos) as with_nanos,
        sum(otherwise_nanos) as without_nanos,
        case
            when
                min(model) is null
                then 'no_' || case lever when 'always_large' then 'large' else 'small' end || '_model'
            when min(small_model) is null or min(large_model) is null then 'nothing_is_routed'
            when sum(computed_calls) < sum(calls) then 'prices_incomplete'
            when count(otherwise_nanos) < count(*) then 'no_price_for_a_meter'
        end as not_estimable_because
    from valued
    group by workspace, week, lever

)

select * from final
