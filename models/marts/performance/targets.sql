-- The targets that the marts judge by, for whoever draws them beside a figure.
with

final as (

    select
        'success_rate' as measure,
        'above' as met_when,
        {{ to_double(var('success_rate_target')) }} as target_value,
        'share' as unit
    union all
    select
        'latency_p95' as measure,
        'below' as met_when,
        {{ to_double(var('latency_p95_target_ms')) }} as target_value,
        'ms' as unit
    union all
    select
        'cost_per_query' as measure,
        'below' as met_when,
        {{ to_double(var('cost_per_query_target_usd')) }} as target_value,
        'USD' as unit
    union all
    select
        'average_rating' as measure,
        'above' as met_when,
        {{ to_double(var('average_rating_target')) }} as target_value,
        'stars' as unit
    union all
    select
        'small_model_share' as measure,
        'at_or_above' as met_when,
        {{ to_double(var('small_model_share_target')) }} as target_value,
        'share' as unit
    union all
    select
        'enough_to_judge' as measure,
        'at_or_above' as met_when,
        {{ to_double(var('minimum_queries_to_judge')) }} as target_value,
        'queries' as unit

)

select * from final
