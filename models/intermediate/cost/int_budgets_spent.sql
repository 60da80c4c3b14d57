-- One row a budget and period that has begun: its days with logs so far, and what was spent in them.
with

budgets as (

    select * from {{ ref('budgets') }}

),

spend as (

    select * from {{ ref('int_spend_by_scope_daily') }}

),

days as (

    select distinct
        day,
        is_complete
    from {{ ref('int_spend_daily') }}

),

periods as (

    select
        budgets.*,
        {{ period_start('days.day', 'budgets.period') }} as period_start,
        {{ period_end('days.day', 'budgets.period') }} as period_end,
        days.day,
        days.is_complete
    from budgets
    inner join days
        on budgets.valid_from <= days.day and (budgets.valid_to > days.day or budgets.valid_to is null)

),

spent as (

    select
        periods.budget_id,
        periods.period_start,
        {{ sum_nanos('spend.cost_nanos') }} as spent_nanos
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
        count(distinct day) as days_elapsed,
        {{ days_between('period_start', 'period_end') }} as days_in_period,
        bool_and(is_complete)
        and count(distinct day) = {{ days_between('period_start', 'period_end') }} as is_complete
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
        period_end

),

measured as (

    select
        elapsed.*,
        known.budget_id is not null as is_known,
        case when known.budget_id is not null then coalesce(spent.spent_nanos, 0) end as spent_nanos
    from elapsed
    left join known
        on elapsed.budget_id = known.budget_id
    left join spent
        on elapsed.budget_id = spent.budget_id and elapsed.period_start = spent.period_start

)

select * from measured
