-- How many people were active on a local day, by feature and surface, and in the workspace as a whole.
{{ config(key=['workspace', 'day', 'scope', 'surface', 'feature']) }}
with

user_features as (

    select * from {{ changes(ref('srv_user_features')) }} as changes

),

final as (

    select
        workspace,
        day,
        scope,
        surface,
        feature,
        {{ sum_counts('sign') }} as entries
    from user_features
    group by workspace, day, scope, surface, feature

)

select * from final
