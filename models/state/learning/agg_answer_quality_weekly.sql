-- Sums over the scored queries of a local week by workspace and segment: all of them, each model, each
-- surface. A query counts once in each kind of segment.
{{ config(key=['workspace', 'week', 'segment_kind', 'segment']) }}
with

scores as (

    select * from {{ changes(ref('fct_query_scores')) }} as changes

),

kinds as (

    {{ segment_kinds() }}

),

segmented as (

    select
        scores.*,
        {{ week_of('scores.day') }} as week,
        kinds.segment_kind,
        {{ segment_of_query() }} as segment
    from scores
    cross join kinds
    where scores.query_key is not null

),

final as (

    select
        workspace,
        week,
        segment_kind,
        segment,
        {{ quality_measures() }}
    from segmented
    group by workspace, week, segment_kind, segment

)

select * from final
