-- The three reasons that were named most in a local week, by workspace and surface: a rank is no sum. Of two
-- that were named equally often the first by name comes first, so that the pick is deterministic.
{{ config(materialized='touched', key=['workspace', 'week', 'surface']) }}
with

reasons as (

    select * from
        {{ keyed(
            ref('agg_feedback_reasons_weekly'),
            ['workspace', 'week', 'surface'],
            makes_rows='always',
        ) }}

),

ranked as (

    select
        workspace,
        week,
        surface,
        reason || ' (' || cast(entries as {{ dbt.type_string() }}) || ')' as reason_and_count,
        row_number() over (partition by workspace, week, surface order by entries desc, reason asc) as place
    from reasons

),

final as (

    select
        workspace,
        week,
        surface,
        concat_ws(
            ', ',
            max(reason_and_count) filter (where place = 1),
            max(reason_and_count) filter (where place = 2),
            max(reason_and_count) filter (where place = 3)
        ) as top_reasons,
        count(*) as different_reasons
    from ranked
    group by workspace, week, surface

)

select * from final
