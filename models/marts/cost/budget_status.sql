-- One row a budget and period that has begun: what was spent of it, how fast, and whether it holds.
with

measured as (

    select * from {{ ref('int_budgets_spent') }}

),

projected as (

    select
        *,
        spent_nanos + cast(spent_nanos as decimal(38, 9)) * days_left / days_elapsed as projected_nanos,
        1000000000 * soft_limit_usd as soft_nanos,
        1000000000 * hard_limit_usd as hard_nanos
    from measured

),

final as (

    select
        budget_id,
        period_start,
        period_end,
        workspace,
        scope,
        value,
        period,
        owner,
        is_complete,
        cast(days_elapsed as bigint) as days_elapsed,
        cast(soft_limit_usd as decimal(38, 9)) as soft_limit_usd,
        cast(hard_limit_usd as decimal(38, 9)) as hard_limit_usd,
        {{ nanos_to_usd('spent_nanos') }} as spent_usd,
        {{ rounded_usd('projected_nanos') }} as projected_usd,
        {{ ratio('spent_nanos', 'hard_nanos') }} as spent_share,
        {{ ratio('projected_nanos', 'hard_nanos') }} as burn_rate,
        case
            when not is_known then 'for_nobody'
            when spent_nanos > hard_nanos then 'over_hard_limit'
            when projected_nanos > hard_nanos and not is_complete then 'will_pass_hard_limit'
            when spent_nanos > soft_nanos then 'over_soft_limit'
            when projected_nanos > soft_nanos and not is_complete then 'will_pass_soft_limit'
            when unpriced_calls > 0 then 'cost_incomplete'
            when spent_nanos = 0 then 'nothing_spent'
            else 'within'
        end as status,
        unpriced_calls
    from projected

)

select * from final
