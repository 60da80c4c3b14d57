-- One row a workspace and lever of saving whose effect cannot be told from the newest whole week.
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

found as (

    select
        savings.workspace,
        savings.lever,
        savings.lever as subject,
        windows.newest_week as period_start,
        windows.weeks_end as period_end,
        rules.threshold as value,
        'What ' || case savings.lever
            when 'prompt_cache' then 'the prompt cache'
            when 'response_cache' then 'the response cache'
            when 'always_large' then 'routing against the large model'
            else 'routing against the small model'
        end || ' saves is not known' as title,
        'The newest whole week does not support the comparison: '
        || replace(savings.not_estimable_because, '_', ' ') || '.' as description
    from savings
    inner join windows
        on savings.week = windows.newest_week
    cross join rules
    where
        savings.not_estimable_because in (
            'no_prices', 'prices_incomplete', 'not_logged', 'no_price_for_a_meter', 'nothing_to_compare_with'
        )

),

final as (

    select
        {{ insight_columns('savings', ['workspace', 'lever'], 'week', severity="'low'") }}
    from found

)

select * from final
