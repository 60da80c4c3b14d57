-- One row a local day, workspace, provider and model: what was known of its cost at a moment of the
-- reader's choice (`set assay.as_of = '2026-03-01'`), and what is known now. Without the setting the two
-- are the same.
with

calls_then as (

    select
        day,
        workspace,
        provider,
        model,
        count(*) as calls,
        count(cost_nanos) as priced_calls,
        {{ sum_nanos('cost_nanos') }} as cost_nanos,
        {{ sum_nanos('computed_nanos') }} as computed_nanos
    from {{ ref('int_calls_as_of') }}
    group by day, workspace, provider, model

),

calls_now as (

    select
        day,
        workspace,
        provider,
        model,
        {{ sum_counts('calls') }} as calls,
        {{ sum_counts('priced_calls') }} as priced_calls,
        {{ sum_counts('cost_nanos') }} as cost_nanos,
        {{ sum_counts('computed_calls') }} as computed_calls,
        {{ sum_counts('computed_nanos') }} as computed_nanos
    from {{ ref('agg_costs_daily') }}
    group by day, workspace, provider, model

),

final as (

    select
        calls_now.day,
        calls_now.workspace,
        calls_now.provider,
        calls_now.model,
        coalesce(calls_then.calls, 0) as calls_then,
        {{ nanos_to_usd('calls_then.cost_nanos') }} as cost_then_usd,
        {{ nanos_to_usd('calls_then.computed_nanos') }} as computed_then_usd,
        calls_now.calls as calls_now,
        {{ nanos_to_usd('case when calls_now.priced_calls > 0 then calls_now.cost_nanos end') }}
            as cost_now_usd,
        {{ nanos_to_usd('case when calls_now.computed_calls > 0 then calls_now.computed_nanos end') }}
            as computed_now_usd
    from calls_now
    left join calls_then
        on
            calls_now.day = calls_then.day
            and calls_now.workspace = calls_then.workspace
            and calls_now.provider = calls_then.provider
            and calls_now.model = calls_then.model

)

select * from final
