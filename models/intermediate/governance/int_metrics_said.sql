-- One row a workspace and family of metrics: which sources there say what the family needs, and which are
-- heard and do not. A source speaks if it sends the log, and its system has a word for the field.
with

heard as (

    select * from {{ ref('agg_lines_by_source') }}

),

sources as (

    select
        workspace,
        source_name
    from heard
    group by workspace, source_name

),

needs as (

    select * from {{ ref('metric_needs') }}

),

limits as (

    select * from {{ ref('source_limits') }}

),

asked as (

    select
        sources.workspace,
        sources.source_name,
        needs.metric_family,
        heard.source_name is not null and limits.source is null as is_said
    from sources
    cross join needs
    left join heard
        on
            sources.workspace = heard.workspace
            and sources.source_name = heard.source_name
            and needs.log = heard.log
    left join limits
        on
            sources.source_name = limits.source
            and needs.log = limits.log
            and (limits.field is null or needs.field = limits.field)

),

final as (

    select
        workspace,
        metric_family,
        {{ listed('case when is_said then source_name end') }} as said_by,
        case
            when {{ count_if('is_said') }} = 0 then {{ listed('source_name') }}
        end as not_said_by
    from asked
    group by workspace, metric_family

)

select * from final
