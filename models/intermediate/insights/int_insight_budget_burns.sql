-- One row a budget and period of the last four weeks that is beyond a limit or heading there.
with

budget_status as (

    select * from {{ ref('budget_status') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'budget_burns'

),

found as (

    select
        budget_status.workspace,
        budget_status.budget_id,
        budget_status.period_start,
        budget_status.period_end,
        budget_status.is_complete,
        budget_status.burn_rate as value,
        budget_status.status,
        budget_status.budget_id || ' '
        || cast(budget_status.period_start as {{ dbt.type_string() }}) as subject,
        greatest(
            budget_status.spent_usd - budget_status.hard_limit_usd,
            case when not budget_status.is_complete then budget_status.projected_usd end
            - budget_status.hard_limit_usd,
            0
        ) as beyond_usd,
        case budget_status.status
            when 'over_hard_limit' then 'critical'
            when 'will_pass_hard_limit' then 'high'
            else 'medium'
        end as severity,
        case budget_status.status
            when 'over_hard_limit' then 'A budget is spent'
            when 'will_pass_hard_limit' then 'A budget will not last'
            when 'over_soft_limit' then 'A budget is beyond its soft limit'
            else 'A budget will pass its soft limit'
        end as title,
        'Spent ' || {{ said_usd('budget_status.spent_usd') }} || ' of '
        || {{ said_usd('budget_status.hard_limit_usd') }} || ' by day ' || budget_status.days_elapsed
        || '; at this pace ' || {{ said_usd('budget_status.projected_usd') }}
        || ' by the end.' as description
    from budget_status
    cross join windows
    cross join rules
    where
        budget_status.period_end > windows.days_28_start
        and budget_status.burn_rate > rules.threshold
        and (
            budget_status.status in ('over_hard_limit', 'will_pass_hard_limit')
            or (
                budget_status.status in ('over_soft_limit', 'will_pass_soft_limit')
                and not budget_status.is_complete
            )
        )

),

final as (

    select
        {{ insight_columns(
            'budget_status', ['budget_id'], 'period_start', impact='beyond_usd', is_complete='is_complete',
            severity='severity'
        ) }}
    from found

)

select * from final
