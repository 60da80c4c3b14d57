-- Sums over the queries of a local week by workspace and segment: all of them, each model, each surface. A
-- query counts once in each kind of segment.
{{ config(key=['workspace', 'week', 'segment_kind', 'segment']) }}
with

days as (

    select * from {{ sums(ref('agg_model_usage_daily')) }} as sums

),

kinds as (

    {{ segment_kinds() }}

),

segmented as (

    select
        days.*,
        {{ week_of('days.day') }} as week,
        kinds.segment_kind,
        {{ segment_of_query() }} as segment
    from days
    cross join kinds

),

final as (

    select
        workspace,
        week,
        segment_kind,
        segment,
        {{ summed_query_measures() }}
    from segmented
    group by workspace, week, segment_kind, segment

)

select * from final
