-- One row a workspace: how many levers of saving have an effect that the newest whole week cannot tell.
with

savings as (

    select * from {{ ref('savings') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'savings_unknown'

),

counted as (

    select
        savings.workspace,
        windows.newest_week as period_start,
        windows.weeks_end as period_end,
        count(*) as levers,
        count(
            case
                when
                    savings.not_estimable_because in (
                        'no_prices', 'prices_incomplete', 'no_price_for_a_meter'
                    )
                    then 1
            end
        ) as without_prices,
        count(case when savings.not_estimable_because = 'not_logged' then 1 end) as not_logged
    from savings
    inner join windows
        on savings.week = windows.newest_week
    where
        savings.not_estimable_because in (
            'no_prices', 'prices_incomplete', 'not_logged', 'no_price_for_a_meter', 'nothing_to_compare_with'
        )
    group by savings.workspace, windows.newest_week, windows.weeks_end

),

found as (

    select
        counted.workspace,
        'all' as subject,
        'not_estimable' as status,
        counted.period_start,
        counted.period_end,
        counted.levers as value,
        'What ' || counted.levers || ' of 4 levers save is not known' as title,
        'The newest whole week lacks prices for ' || counted.without_prices || ' of them, logs for '
        || counted.not_logged || ', and something to compare with for the others.' as description
    from counted
    cross join rules
    where counted.levers >= rules.threshold

),

final as (

    select
        {{ insight_columns('savings', ['workspace', 'status'], 'week', severity="'low'") }}
    from found

)

select * from final
