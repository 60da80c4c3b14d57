-- The percentiles of a local day by workspace, model and surface: few cells of few pages, finished as they
-- are read. Kept finished they were a twentieth of a refresh.
with

pages as (

    select * from {{ ref('agg_latency_by_surface_daily') }}

),

final as (

    {{ percentiles('pages', ['workspace', 'day', 'provider', 'model', 'surface'], 'measured_queries') }}

)

select * from final
