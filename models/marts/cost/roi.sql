-- One row a workspace and period: what the assistant is worth beside what is paid for it, by the seed
-- `roi_parameters`. Periods overlap, so rows add up only within one kind of period.
with

periods as (

    select * from {{ ref('int_roi_periods') }}
    where scenario = 'stated'

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

judged as (

    select
        *,
        not_judged_because is null as is_judged,
        coalesce(not_judged_because, 'no_queries') = 'no_queries' as is_paid,
        coalesce(not_judged_because, case when investment_usd = 0 then 'no_investment' else 'judged' end)
            as status
    from periods

),

final as (

    select
        judged.workspace,
        judged.period,
        judged.period_start,
        judged.period_end,
        judged.period_end <= horizon.today as is_complete,
        judged.days,
        judged.status,
        judged.queries,
        judged.successes,
        judged.outcomes,
        judged.unpriced_calls,
        {{ cents('case when judged.is_judged then judged.hours_saved end') }} as hours_saved,
        {{ cents('case when judged.is_judged then judged.labour_saved_usd end') }} as labour_saved_usd,
        {{ cents('case when judged.is_judged then judged.outcomes_value_usd end') }}
            as outcomes_value_usd,
        {{ cents('case when judged.is_judged then judged.breach_prevented_usd end') }}
            as breach_prevented_usd,
        {{ cents('case when judged.is_judged then judged.total_usd end') }} as total_usd,
        {{ cents('case when judged.is_paid then judged.licence_usd end') }} as licence_usd,
        {{ cents('case when judged.is_paid then judged.implementation_usd end') }}
            as implementation_usd,
        {{ cents('case when judged.is_paid then judged.model_cost_usd end') }} as model_cost_usd,
        {{ cents('case when judged.is_paid then judged.investment_usd end') }} as investment_usd,
        {{ cents('case when judged.is_judged then judged.total_usd - judged.investment_usd end') }}
            as net_usd,
        case
            when judged.is_judged
                then {{ ratio('(judged.total_usd - judged.investment_usd)', 'judged.investment_usd') }}
        end as roi_rate,
        case when judged.is_judged then {{ ratio('12 * judged.investment_usd', 'judged.total_usd') }} end
            as payback_months,
        {{ cents('case when judged.is_judged then judged.labour_saved_usd - judged.investment_usd end') }}
            as cost_avoided_usd,
        {{ cents('judged.cost_avoidance_given_usd') }} as cost_avoidance_given_usd,
        {{ cents(
            'case when judged.is_judged'
            ~ ' then judged.labour_saved_usd + judged.outcomes_value_usd + judged.breach_risk_usd end'
        ) }} as without_usd,
        {{ cents(
            'case when judged.is_judged'
            ~ ' then judged.investment_usd + judged.breach_risk_usd - judged.breach_prevented_usd end'
        ) }} as with_usd,
        {{ cents('case when judged.is_judged then judged.breach_as_printed_usd end') }}
            as breach_as_printed_usd
    from judged
    cross join horizon

)

select * from final
