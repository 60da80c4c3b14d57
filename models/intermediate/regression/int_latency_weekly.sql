-- The percentiles of a local week by workspace and segment: few cells, finished as they are read.
with

pages as (

    select * from {{ ref('agg_latency_weekly') }}

),

final as (

    {{ percentiles('pages', ['workspace', 'week', 'segment_kind', 'segment'], 'measured_queries') }}

)

select * from final
