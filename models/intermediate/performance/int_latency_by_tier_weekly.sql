-- The percentiles of a local week by workspace, tier of complexity and model: few cells, finished as they are
-- read.
with

pages as (

    select * from {{ ref('agg_latency_by_tier_weekly') }}

),

final as (

    {{ percentiles('pages', ['workspace', 'week', 'tier', 'model'], 'measured_queries') }}

)

select * from final
