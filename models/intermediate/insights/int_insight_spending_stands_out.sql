-- One row a workspace and day of late that cost far more than expected, as `spend_overview` judges it.
with

spend_overview as (

    select * from {{ ref('spend_overview') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'spending_stands_out'

),

found as (

    select
        spend_overview.workspace,
        spend_overview.day as period_start,
        cast(spend_overview.day as {{ dbt.type_string() }}) as subject,
        {{ days_after('spend_overview.day', 1) }} as period_end,
        spend_overview.cost_usd - spend_overview.expected_usd as beyond_usd,
        spend_overview.cost_usd / nullif(spend_overview.expected_usd, 0) as value,
        'A day cost ' || {{ said_usd('spend_overview.cost_usd') }} || ', expected were '
        || {{ said_usd('spend_overview.expected_usd') }} as title,
        'The same weekday of the four weeks before, at the level of the last two, makes '
        || {{ said_usd('spend_overview.expected_usd') }} || '; the day cost '
        || {{ said_usd('spend_overview.cost_usd - spend_overview.expected_usd') }}
        || ' more.' as description
    from spend_overview
    cross join windows
    cross join rules
    where
        spend_overview.anomaly = 'high'
        and spend_overview.day > {{ days_after('windows.last_day', '-cast(rules.threshold as integer)') }}
        and spend_overview.day <= windows.last_day

),

final as (

    select
        {{ insight_columns(
            'spend_overview', time='day', impact='beyond_usd', severity=severity_of('coalesce(value, 2)', '1')
        ) }}
    from found

)

select * from final
