-- One row a local day, workspace, surface and feature that was used. A use is a query asked with the feature,
-- or an event about it. Each step is read once, so that a filter reaches the indexes.
with

uses as (

    select * from {{ ref('agg_feature_usage_daily') }}

),

people as (

    select * from {{ ref('agg_active_users_daily') }}

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
        shared.users,
        coalesce(people.users_there, 0) as active_users,
        {{ ratio('shared.uses', 'shared.uses_of_day') }} as share_of_uses,
        {{ ratio('shared.users', 'people.users_there') }} as adoption_rate,
        case when people.users_there > 0 then 'measured' else 'no_known_users' end as adoption_status
    from shared
    left join people
        on
            shared.workspace = people.workspace
            and shared.day = people.day
    cross join horizon

)

select * from final
