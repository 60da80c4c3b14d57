-- One row a local day, workspace, surface and feature that was used. A use is a query asked with the feature,
-- or an event about it. Each step is read once, so that a filter reaches the indexes.
with

uses as (

    select * from {{ ref('agg_feature_usage_daily') }}

),

people_of_features as (

    select * from {{ ref('agg_feature_users_daily') }}
    where scope = 'feature'

),

people_of_days as (

    select * from {{ ref('agg_feature_users_daily') }}
    where scope = 'workspace'

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

shared as (

    select
        *,
        sum(uses) over (partition by workspace, day) as uses_of_day
    from uses

),

final as (

    select
        shared.day,
        shared.workspace,
        shared.surface,
        shared.feature,
        shared.day < horizon.today as is_complete,
        shared.uses,
        shared.queries,
        shared.usage_events,
        shared.anonymous_uses,
        coalesce(people_of_features.entries, 0) as users,
        coalesce(people_of_days.entries, 0) as active_users,
        {{ ratio('shared.uses', 'shared.uses_of_day') }} as share_of_uses,
        {{ ratio('coalesce(people_of_features.entries, 0)', 'people_of_days.entries') }} as adoption_rate,
        case when people_of_days.entries > 0 then 'measured' else 'no_known_users' end as adoption_status
    from shared
    left join people_of_features
        on
            shared.workspace = people_of_features.workspace
            and shared.day = people_of_features.day
            and shared.surface = people_of_features.surface
            and shared.feature = people_of_features.feature
    left join people_of_days
        on
            shared.workspace = people_of_days.workspace
            and shared.day = people_of_days.day
    cross join horizon

)

select * from final
