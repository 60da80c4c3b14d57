-- One row a workspace, provider and model whose invoices of four weeks are not what its logs make of them.
with

bill_reconciliation as (

    select * from {{ ref('bill_reconciliation') }}

),

windows as (

    select * from {{ ref('int_insight_windows') }}

),

rules as (

    select * from {{ ref('insight_rules') }}
    where rule = 'invoice_differs'

),

counted as (

    select
        bill_reconciliation.workspace,
        bill_reconciliation.provider,
        bill_reconciliation.model,
        windows.days_28_start as period_start,
        windows.period_end,
        count(*) as days,
        sum(bill_reconciliation.difference_usd) as difference_usd,
        sum(abs(bill_reconciliation.difference_usd)) as distance_usd
    from bill_reconciliation
    cross join windows
    where
        bill_reconciliation.status = 'differs'
        and bill_reconciliation.day between windows.days_28_start and windows.last_day
    group by
        bill_reconciliation.workspace,
        bill_reconciliation.provider,
        bill_reconciliation.model,
        windows.days_28_start,
        windows.period_end

),

found as (

    select
        counted.workspace,
        counted.provider,
        counted.model,
        'differs' as status,
        counted.provider || ' ' || counted.model as subject,
        counted.period_start,
        counted.period_end,
        counted.distance_usd,
        rules.threshold,
        counted.distance_usd as value,
        'Invoices differ from the logs by ' || {{ said_usd('counted.distance_usd') }} as title,
        'On ' || counted.days
        || ' days of four weeks the invoice of a model is not what its calls cost; in all '
        || case when counted.difference_usd >= 0 then 'billed more: ' else 'billed less: ' end
        || {{ said_usd('abs(counted.difference_usd)') }} || '.' as description
    from counted
    cross join rules
    where counted.distance_usd > rules.threshold

),

final as (

    select
        {{ insight_columns(
            'bill_reconciliation', ['workspace', 'provider', 'model', 'status'], 'day',
            impact='distance_usd', severity=severity_of('value', '10 * threshold')
        ) }}
    from found

)

select * from final
