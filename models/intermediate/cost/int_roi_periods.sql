-- One row a workspace, period and scenario: the whole reckoning of `roi`.
with

days as (

    select * from {{ ref('int_roi_days') }}

),

periods as (

    select * from {{ ref('int_roi_windows') }}

),

asked as (

    select
        periods.*,
        scenarios.varied,
        scenarios.scenario
    from periods
    cross join {{ ref('int_roi_scenarios') }} as scenarios

),

sums as (

    select
        asked.workspace,
        asked.period,
        asked.period_start,
        asked.period_end,
        asked.varied,
        asked.scenario,
        count(case when days.is_in_use then 1 end) as days,
        bool_and(days.is_known) as is_known,
        {{ sum_counts('days.queries') }} as queries,
        {{ sum_counts('days.successes') }} as successes,
        {{ sum_counts('days.unpriced_calls') }} as unpriced_calls,
        {{ sum_counts('days.outcomes') }} as outcomes,
        sum(days.hours) as hours,
        sum(days.labour) as labour,
        sum(days.outcomes_usd) as outcomes_usd,
        sum(days.breach_risk) as breach_risk,
        sum(days.breach_prevented) as breach_prevented,
        sum(days.breach_as_printed) as breach_as_printed,
        sum(days.licence) as licence,
        sum(days.implementation) as implementation,
        -- Calls that cost something, nobody knows what, are not free.
        case
            when
                not bool_or(days.is_model_paid)
                or sum(days.unpriced_calls) = 0
                or sum(days.priced_calls) > 0
                then sum(days.model_nanos)
        end as model_nanos,
        max(days.cost_avoidance_given_usd) as cost_avoidance_given_usd
    from asked
    left join days
        on
            asked.workspace = days.workspace
            and asked.varied = days.varied
            and asked.scenario = days.scenario
            and asked.period_start <= days.day
            and asked.period_end > days.day
    group by
        asked.workspace,
        asked.period,
        asked.period_start,
        asked.period_end,
        asked.varied,
        asked.scenario

),

rounded as (

    -- As the worked example does: hours up to whole ones, yearly costs down to whole dollars, the rest to
    -- cents. Six decimals first, since 365 days of a 365th are not quite a whole.
    select
        *,
        {{ cents('ceil(round(hours, 6))') }} as hours_saved,
        {{ cents('coalesce(ceil(round(hours, 6)) * labour / nullif(hours, 0), 0)') }} as labour_saved_usd,
        {{ cents('outcomes_usd') }} as outcomes_value_usd,
        {{ cents('breach_prevented') }} as breach_prevented_usd,
        {{ cents('breach_as_printed') }} as breach_as_printed_usd,
        {{ cents('breach_risk') }} as breach_risk_usd,
        {{ cents('floor(round(licence, 6))') }} as licence_usd,
        {{ cents('floor(round(implementation, 6))') }} as implementation_usd,
        {{ cents('model_nanos * 0.000000001') }} as model_cost_usd,
        case
            when is_known is null then 'no_data'
            when not is_known then 'parameters_missing'
            when model_nanos is null then 'no_prices'
            when queries = 0 then 'no_queries'
        end as not_judged_because
    from sums

),

final as (

    select
        *,
        {{ cents('licence_usd + implementation_usd + model_cost_usd') }} as investment_usd,
        {{ cents('labour_saved_usd + outcomes_value_usd + breach_prevented_usd') }} as total_usd
    from rounded

)

select * from final
