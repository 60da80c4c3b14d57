-- One row a workspace whose calls of four weeks have no price in part: what it spends is more than it says.
with

spend_overview as (

    select * from {{ ref('spend_overview') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'price_missing'

),

counted as (

    select
        spend_overview.workspace,
        windows.days_28_start as period_start,
        windows.period_end,
        sum(spend_overview.calls) as calls,
        sum(spend_overview.unpriced_calls) as unpriced_calls
    from spend_overview
    cross join windows
    where spend_overview.day between windows.days_28_start and windows.last_day
    group by spend_overview.workspace, windows.days_28_start, windows.period_end

),

found as (

    select
        counted.workspace,
        'all' as subject,
        counted.period_start,
        counted.period_end,
        {{ ratio('counted.unpriced_calls', 'counted.calls') }} as value,
        {{ said_number('counted.unpriced_calls') }}
        || case when counted.unpriced_calls = 1 then ' call has' else ' calls have' end
        || ' no price' as title,
        {{ said_share(ratio('counted.unpriced_calls', 'counted.calls')) }} || ' of '
        || {{ said_number('counted.calls') }}
        || ' calls in four weeks have neither a reported cost nor a price.'
            as description
    from counted
    cross join rules
    where counted.unpriced_calls > rules.threshold * counted.calls

),

final as (

    select
        {{ insight_columns(
            'spend_overview', time='day', severity="case when value >= 0.05 then 'high' else 'medium' end"
        ) }}
    from found

)

select * from final
