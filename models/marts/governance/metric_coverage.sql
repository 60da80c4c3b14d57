-- One row a workspace and family of metrics that depends on what its sources can say: whether it can be
-- judged, and if not, who leaves it out and what to log. It tells what no row of another mart could.
with

said as (

    select * from {{ ref('int_metrics_said') }}

),

needs as (

    select * from {{ ref('metric_needs') }}

),

final as (

    select
        said.workspace,
        said.metric_family,
        case when said.said_by is null then 'not_judged' else 'judged' end as status,
        case when said.said_by is null then {{ not_said_by() }} end as not_judged_because,
        said.said_by,
        needs.log || coalesce('.' || needs.field, '') as needs,
        case when said.said_by is null then needs.to_log end as to_log
    from said
    inner join needs on said.metric_family = needs.metric_family

)

select * from final
