-- Sums over the queries of a local week by workspace and segment: all of them, each model, each surface. A
-- query counts once in each kind of segment.
{{ config(key=['workspace', 'week', 'segment_kind', 'segment']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

kinds as (

    {{ segment_kinds() }}

),

segmented as (

    select
        queries.*,
        {{ week_of('queries.day') }} as week,
        kinds.segment_kind,
        {{ segment_of_query() }} as segment
    from queries
    cross join kinds

),

final as (

    select
        workspace,
        week,
        segment_kind,
        segment,
        {{ query_measures() }}
    from segmented
    group by workspace, week, segment_kind, segment

)

select * from final
