-- One row a billed day, workspace, provider and model with what the logs say of the same: what an invoice
-- is spread over calls by. Only what was billed is here, so that calls of the running day cost a refresh
-- nothing.
{{ config(materialized='touched', key=['workspace', 'billing_day', 'provider', 'model']) }}
with

bills as (

    select * from {{ keyed(ref('agg_bills_daily'), ['workspace', 'billing_day', 'provider', 'model']) }}

),

costs as (

    select *
    from {{ keyed(
        ref('agg_costs_daily'), ['workspace', 'billing_day', 'provider', 'model'], makes_rows=false
    ) }}

),

costs_by_day as (

    select
        workspace,
        billing_day,
        provider,
        model,
        {{ sum_counts('cost_nanos') }} as cost_nanos
    from costs
    group by workspace, billing_day, provider, model

),

final as (

    select
        bills.workspace,
        bills.billing_day,
        bills.provider,
        bills.model,
        bills.unconverted_lines,
        bills.billed_nanos,
        coalesce(costs_by_day.cost_nanos, 0) as cost_nanos
    from bills
    left join costs_by_day
        on
            bills.workspace = costs_by_day.workspace
            and bills.billing_day = costs_by_day.billing_day
            and bills.provider = costs_by_day.provider
            and bills.model = costs_by_day.model

)

select * from final
