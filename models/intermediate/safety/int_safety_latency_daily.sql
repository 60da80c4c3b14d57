-- The percentiles of a local day by workspace, guardrail and category: few cells, finished as they are read.
with

pages as (

    select * from {{ ref('agg_safety_latency_daily') }}

),

final as (

    {{ percentiles('pages', ['workspace', 'day', 'guardrail', 'category'], 'measured_checks', (50, 95)) }}

)

select * from final
