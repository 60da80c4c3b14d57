-- One row a workspace, local day and scenario: what the day adds to the sums of `roi`, before anything is
-- rounded. Days run from the first with a query to the newest that any workspace has: a licence is paid on
-- quiet days too.
with

performance as (

    select * from {{ ref('agg_performance_daily') }}

),

spend as (

    select
        workspace,
        day,
        {{ sum_counts('cost_nanos') }} as cost_nanos,
        {{ sum_counts('calls - priced_calls') }} as unpriced_calls
    from {{ ref('agg_costs_daily') }}
    group by workspace, day

),

parameters as (

    select * from {{ ref('int_roi_parameters') }}

),

newest as (

    select max(day) as last_day
    from performance

),

spans as (

    select
        workspace,
        min(day) as first_day
    from performance
    group by workspace

),

days as (

    select
        spans.workspace,
        {{ days_after('spans.first_day', 'numbers.n') }} as day
    from spans
    cross join newest
    cross join lateral {{ each_number(days_between('spans.first_day', 'newest.last_day')) }} as numbers (n)

),

rates as (

    select
        workspace,
        valid_from,
        valid_to,
        varied,
        scenario,
        {{ roi_parameter_columns() }}
    from parameters
    group by workspace, valid_from, valid_to, varied, scenario

),

returned as (

    select
        outcomes.workspace,
        outcomes.day,
        parameters.varied,
        parameters.scenario,
        {{ sum_counts('outcomes.outcomes') }} as outcomes,
        sum(outcomes.outcomes * parameters.value) as outcomes_usd
    from {{ ref('int_outcomes_valued_daily') }} as outcomes
    inner join parameters
        on
            outcomes.workspace = parameters.workspace
            and parameters.name = 'outcome_usd:' || outcomes.tag
            and outcomes.day >= parameters.valid_from
            and (outcomes.day < parameters.valid_to or parameters.valid_to is null)
    group by outcomes.workspace, outcomes.day, parameters.varied, parameters.scenario

),

final as (

    select
        days.workspace,
        days.day,
        coalesce(rates.varied, '(none)') as varied,
        coalesce(rates.scenario, 'stated') as scenario,
        coalesce(performance.queries, 0) as queries,
        coalesce(performance.successes, 0) as successes,
        coalesce(spend.unpriced_calls, 0) as unpriced_calls,
        rates.analyst_usd_per_hour is not null
        and rates.hours_saved_per_success is not null
        and rates.licence_usd_per_year is not null as is_known,
        {{ unrounded('coalesce(performance.successes, 0) * rates.hours_saved_per_success') }} as hours,
        {{ unrounded(
            'coalesce(performance.successes, 0) * rates.hours_saved_per_success * rates.analyst_usd_per_hour'
        ) }} as labour,
        coalesce(returned.outcomes, 0) as outcomes,
        {{ unrounded('coalesce(returned.outcomes_usd, 0)') }} as outcomes_usd,
        {{ unrounded(breach_a_day()) }} as breach_risk,
        {{ unrounded(breach_a_day() ~ ' * coalesce(rates.breach_risk_reduction, 0)') }} as breach_prevented,
        {{ unrounded(breach_a_day() ~ ' * rates.breach_risk_reduction_printed') }} as breach_as_printed,
        {{ unrounded('rates.licence_usd_per_year / 365') }} as licence,
        {{ unrounded('coalesce(rates.implementation_usd_per_year, 0) / 365') }} as implementation,
        {{ unrounded('coalesce(spend.cost_nanos, 0) * coalesce(rates.model_cost_share, 0)') }} as model_nanos,
        rates.cost_avoidance_given_usd
    from days
    left join rates
        on
            days.workspace = rates.workspace
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
            and rates.varied = returned.varied
            and rates.scenario = returned.scenario

)

select * from final
