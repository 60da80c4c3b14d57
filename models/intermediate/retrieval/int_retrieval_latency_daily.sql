-- The percentiles of a local day by workspace, data source and index version: few cells, finished as they
-- are read.
with

pages as (

    select * from {{ ref('agg_retrieval_latency_daily') }}

),

final as (

    {{
        percentiles(
            'pages', ['workspace', 'day', 'data_source', 'index_version'], 'measured_retrievals', (50, 95)
        )
    }}

)

select * from final
