-- Sums over the scored queries of a local week by workspace, tier of complexity and model, with how often the
-- tier of the logged complexity is not the one of the prompt's text.
{{ config(key=['workspace', 'week', 'tier', 'model']) }}
with

scores as (

    select * from {{ changes(ref('fct_query_scores')) }} as changes

),

tiered as (

    select
        *,
        {{ week_of('day') }} as week,
        complexity_tier as tier,
        {{ complexity_tier('complexity') }} as logged_tier,
        {{ complexity_tier('computed_complexity') }} as computed_tier,
        complexity is not null and computed_complexity is not null as is_compared
    from scores
    where query_key is not null

),

final as (

    select
        workspace,
        week,
        tier,
        {{ labelled('model') }} as model,
        {{ quality_measures() }},
        {{ count_where('computed_complexity is not null') }} as computed_queries,
        {{ count_where('is_compared') }} as compared_queries,
        {{ count_where('is_compared and logged_tier <> computed_tier') }} as other_tier_queries,
        {{ count_where("computed_tier = 'high'") }} as computed_high_queries,
        {{ count_where("computed_tier = 'medium'") }} as computed_medium_queries,
        {{ count_where("computed_tier = 'low'") }} as computed_low_queries
    from tiered
    group by workspace, week, tier, {{ labelled('model') }}

)

select * from final
