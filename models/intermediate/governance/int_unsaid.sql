-- One row a workspace: of each family of metrics that nobody there says anything of, why its figures are not
-- judged, by the names of the sources; null where somebody does. In columns, so that a mart joins one row.
with

said as (

    select * from {{ ref('int_metrics_said') }}

),

final as (

    select
        workspace,
        {{ unsaid('costs') }} as costs,
        {{ unsaid('feedback') }} as feedback,
        {{ unsaid('asks') }} as asks
    from said
    group by workspace

)

select * from final
