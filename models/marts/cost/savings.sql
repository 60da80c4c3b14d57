-- One row a local week, workspace and lever: what was paid, what would have been paid without the lever,
-- and where the logs do not support the comparison, why not. Levers overlap, so their savings do not add
-- up.
with

caches as (

    select * from {{ ref('int_caches_saved_weekly') }}

),

routing as (

    select * from {{ ref('int_routing_saved_weekly') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

united as (

    select * from caches
    union all
    select * from routing

),

reasoned as (

    select
        *,
        coalesce(
            not_estimable_because,
            case when with_nanos is null or without_nanos is null then 'nothing_spent' end
        )
            as reason
    from united

),

estimated as (

    select
        workspace,
        week,
        lever,
        reason,
        case when reason is null then with_nanos end as paid_nanos,
        case when reason is null then without_nanos end as otherwise_nanos
    from reasoned

),

final as (

    select
        estimated.week,
        estimated.workspace,
        estimated.lever,
        {{ days_after('estimated.week', 7) }} <= horizon.today as is_complete,
        {{ rounded_usd('estimated.paid_nanos') }} as paid_usd,
        {{ rounded_usd('estimated.otherwise_nanos') }} as otherwise_usd,
        {{ rounded_usd('estimated.otherwise_nanos - estimated.paid_nanos') }} as saved_usd,
        {{ ratio('(estimated.otherwise_nanos - estimated.paid_nanos)', 'estimated.otherwise_nanos') }}
            as saved_rate,
        case when estimated.reason is null then 'estimated' else 'not_estimable' end as status,
        estimated.reason as not_estimable_because
    from estimated
    cross join horizon

)

select * from final
