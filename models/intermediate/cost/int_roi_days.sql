-- One row a workspace, local day and scenario: what the day adds to the sums of `roi`, before anything is
-- rounded. Scenarios stand on the left of every join, so that a reader of one computes one. Before the first
-- query only calls count: what is stated for a stretch of time begins with the use.
with

performance as (

    select * from {{ ref('agg_performance_daily') }}

),

spend as (

    select
        workspace,
        day,
        {{ sum_counts('cost_nanos') }} as cost_nanos,
        {{ sum_counts('calls - priced_calls') }} as unpriced_calls,
        {{ sum_counts('priced_calls') }} as priced_calls
    from {{ ref('agg_costs_daily') }}
    group by workspace, day

),

days as (

    select
        calendar.workspace,
        calendar.day,
        calendar.is_in_use,
        scenarios.varied,
        scenarios.scenario
    from {{ ref('int_roi_calendar') }} as calendar
    cross join {{ ref('int_roi_scenarios') }} as scenarios

),

rates as (

    select
        workspace,
        valid_from,
        valid_to,
        varied,
        scenario,
        {{ roi_parameter_columns() }}
    from {{ ref('int_roi_parameters') }}
    group by workspace, valid_from, valid_to, varied, scenario

),

returned as (

    select
        outcomes.workspace,
        outcomes.day,
        stated.varied,
        stated.scenario,
        {{ sum_counts('outcomes.outcomes') }} as outcomes,
        sum(outcomes.outcomes * stated.value) as outcomes_usd
    from {{ ref('int_outcomes_valued_daily') }} as outcomes
    inner join {{ ref('int_roi_parameters') }} as stated
        on
            outcomes.workspace = stated.workspace
            and stated.name = 'outcome_usd:' || outcomes.tag
            and outcomes.day >= stated.valid_from
            and (outcomes.day < stated.valid_to or stated.valid_to is null)
    group by outcomes.workspace, outcomes.day, stated.varied, stated.scenario

),

final as (

    select
        days.workspace,
        days.day,
        days.varied,
        days.scenario,
        coalesce(performance.queries, 0) as queries,
        coalesce(performance.successes, 0) as successes,
        coalesce(spend.unpriced_calls, 0) as unpriced_calls,
        case
            when days.is_in_use
                then
                    rates.analyst_usd_per_hour is not null
                    and rates.hours_saved_per_success is not null
                    and rates.licence_usd_per_year is not null
            else rates.workspace is not null or spend.workspace is null
        end as is_known,
        {{ unrounded('coalesce(performance.successes, 0) * rates.hours_saved_per_success') }} as hours,
        {{ unrounded(
            'coalesce(performance.successes, 0) * rates.hours_saved_per_success * rates.analyst_usd_per_hour'
        ) }} as labour,
        coalesce(returned.outcomes, 0) as outcomes,
        {{ unrounded('coalesce(returned.outcomes_usd, 0)') }} as outcomes_usd,
        {{ unrounded(breach_a_day()) }} as breach_risk,
        {{ unrounded(breach_a_day() ~ ' * coalesce(rates.breach_risk_reduction, 0)') }} as breach_prevented,
        {{ unrounded(breach_a_day() ~ ' * rates.breach_risk_reduction_printed') }} as breach_as_printed,
        {{ unrounded('case when days.is_in_use then rates.licence_usd_per_year / 365 else 0 end') }}
            as licence,
        {{ unrounded(
            'case when days.is_in_use then coalesce(rates.implementation_usd_per_year, 0) / 365 else 0 end'
        ) }} as implementation,
        {{ unrounded('coalesce(spend.cost_nanos, 0) * coalesce(rates.model_cost_share, 0)') }} as model_nanos,
        rates.cost_avoidance_given_usd,
        coalesce(spend.priced_calls, 0) as priced_calls,
        coalesce(rates.model_cost_share, 0) > 0 as is_model_paid,
        days.is_in_use
    from days
    left join rates
        on
            days.workspace = rates.workspace
            and days.varied = rates.varied
            and days.scenario = rates.scenario
            and days.day >= rates.valid_from
            and (days.day < rates.valid_to or rates.valid_to is null)
    left join performance
        on days.workspace = performance.workspace and days.day = performance.day
    left join spend
        on days.workspace = spend.workspace and days.day = spend.day
    left join returned
        on
            days.workspace = returned.workspace
            and days.day = returned.day
            and days.varied = returned.varied
            and days.scenario = returned.scenario

)

select * from final
