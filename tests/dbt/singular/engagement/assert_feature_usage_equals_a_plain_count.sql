-- A row is a cell of feature_usage whose uses, people or active people differ from a plain count over queries
-- and product events, or one that only either of the two has.
{{ config(meta={'dagster': {'ref': {'name': 'feature_usage'}}}) }}
with

doings as (

    select
        workspace,
        day,
        {{ labelled('surface') }} as surface,
        {{ labelled('feature') }} as feature,
        subject_ref
    from {{ ref('fct_queries') }}
    union all
    select
        workspace,
        day,
        {{ labelled('surface') }} as surface,
        {{ labelled('feature') }} as feature,
        subject_ref
    from {{ ref('fct_usage_events') }}

),

by_feature as (

    select
        workspace,
        day,
        surface,
        feature,
        count(*) as uses,
        count(distinct subject_ref) as users
    from doings
    where feature <> {{ labelled('null') }}
    group by workspace, day, surface, feature

),

by_day as (

    select
        workspace,
        day,
        count(distinct subject_ref) as active_users
    from doings
    group by workspace, day

),

counted as (

    select
        by_feature.*,
        by_day.active_users
    from by_feature
    inner join by_day
        on by_feature.workspace = by_day.workspace and by_feature.day = by_day.day

),

final as (

    select
        coalesce(cells.workspace, counted.workspace) as workspace,
        coalesce(cells.day, counted.day) as day,
        coalesce(cells.surface, counted.surface) as surface,
        coalesce(cells.feature, counted.feature) as feature,
        cells.uses as uses_in_mart,
        counted.uses
    from {{ ref('feature_usage') }} as cells
    full outer join counted
        on
            cells.workspace = counted.workspace
            and cells.day = counted.day
            and cells.surface = counted.surface
            and cells.feature = counted.feature
    where
        cells.uses is distinct from counted.uses
        or cells.users is distinct from counted.users
        or cells.active_users is distinct from counted.active_users

)

select * from final
