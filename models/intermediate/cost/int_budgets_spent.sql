-- One row a budget and period that has begun: its days with logs so far, and what was spent in them.
with

budgets as (

    select * from {{ ref('budgets') }}

),

spend as (

    select * from {{ ref('int_spend_by_scope_daily') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

days as (

    select distinct day
    from {{ ref('int_spend_daily') }}

),

periods as (

    select
        budgets.*,
        {{ period_start('days.day', 'budgets.period') }} as period_start,
        {{ period_end('days.day', 'budgets.period') }} as period_end,
        days.day
    from budgets
    inner join days
        on budgets.valid_from <= days.day and (budgets.valid_to > days.day or budgets.valid_to is null)

),

spent as (

    select
        periods.budget_id,
        periods.period_start,
        {{ sum_nanos('spend.cost_nanos') }} as spent_nanos,
        {{ sum_counts('spend.unpriced_calls') }} as unpriced_calls
    from periods
    inner join spend
        on
            periods.day = spend.day
            and periods.scope = spend.scope
            and (periods.workspace = spend.workspace or periods.workspace = '*')
            and (periods.value = spend.value or (periods.scope = 'workspace' and periods.value = '*'))
    group by periods.budget_id, periods.period_start

),

known as (

    select distinct budget_id
    from spent

),

elapsed as (

    select
        budget_id,
        workspace,
        scope,
        value,
        period,
        owner,
        soft_limit_usd,
        hard_limit_usd,
        period_start,
        period_end,
        least(period_end, coalesce(valid_to, period_end)) as ends_on,
        count(distinct day) as days_elapsed,
        max(day) as newest_day
    from periods
    group by
        budget_id,
        workspace,
        scope,
        value,
        period,
        owner,
        soft_limit_usd,
        hard_limit_usd,
        period_start,
        period_end,
        valid_to

),

measured as (

    -- A period may have begun before the logs or the budget did: what it comes to goes by the days left.
    select
        elapsed.budget_id,
        elapsed.workspace,
        elapsed.scope,
        elapsed.value,
        elapsed.period,
        elapsed.owner,
        elapsed.soft_limit_usd,
        elapsed.hard_limit_usd,
        elapsed.period_start,
        elapsed.period_end,
        elapsed.days_elapsed,
        {{ days_between('elapsed.period_start', 'elapsed.period_end') }} as days_in_period,
        elapsed.ends_on <= horizon.today as is_complete,
        known.budget_id is not null as is_known,
        case when known.budget_id is not null then coalesce(spent.spent_nanos, 0) end as spent_nanos,
        case
            when elapsed.ends_on <= horizon.today then 0
            else {{ days_between(days_after('elapsed.newest_day', '1'), 'elapsed.ends_on') }}
        end as days_left,
        coalesce(spent.unpriced_calls, 0) as unpriced_calls
    from elapsed
    cross join horizon
    left join known
        on elapsed.budget_id = known.budget_id
    left join spent
        on elapsed.budget_id = spent.budget_id and elapsed.period_start = spent.period_start

)

select * from measured
