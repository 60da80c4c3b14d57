-- One row a workspace, period (the last 90 days, or the one that the reader asks for) and parameter that has
-- a range: what the net value would be at its low and at its high end, all others as stated.
with

parameters as (

    select * from {{ ref('int_roi_parameters') }}

),

stated as (

    select * from {{ ref('int_roi_periods') }}
    where period in ('last_90_days', 'asked') and scenario = 'stated' and not_judged_because is null

),

ends as (

    -- The values are those of the period's last day.
    select
        periods.workspace,
        periods.period,
        periods.period_start,
        periods.period_end,
        periods.varied,
        max(case when periods.scenario = 'low' then reckoned.value end) as low,
        max(case when periods.scenario = 'high' then reckoned.value end) as high,
        max(case when periods.scenario = 'low' then periods.total_usd - periods.investment_usd end)
            as low_net_usd,
        max(case when periods.scenario = 'high' then periods.total_usd - periods.investment_usd end)
            as high_net_usd
    from {{ ref('int_roi_periods') }} as periods
    inner join {{ ref('int_roi_parameters') }} as reckoned
        on
            periods.workspace = reckoned.workspace
            and periods.varied = reckoned.varied
            and periods.scenario = reckoned.scenario
            and periods.varied = reckoned.name
            and {{ days_after('periods.period_end', -1) }} >= reckoned.valid_from
            and (
                {{ days_after('periods.period_end', -1) }} < reckoned.valid_to
                or reckoned.valid_to is null
            )
    where
        periods.period in ('last_90_days', 'asked')
        and periods.scenario <> 'stated'
        and periods.not_judged_because is null
    group by periods.workspace, periods.period, periods.period_start, periods.period_end, periods.varied

),

final as (

    select
        ends.workspace,
        ends.period,
        ends.period_start,
        ends.period_end,
        ends.varied as parameter,
        cast(ends.low as decimal(38, 9)) as low,
        cast(parameters.value as decimal(38, 9)) as stated,
        cast(ends.high as decimal(38, 9)) as high,
        {{ cents('ends.low_net_usd') }} as low_net_usd,
        {{ cents('stated.total_usd - stated.investment_usd') }} as net_usd,
        {{ cents('ends.high_net_usd') }} as high_net_usd,
        {{ cents('abs(ends.high_net_usd - ends.low_net_usd)') }} as swing_usd,
        row_number() over (
            partition by ends.workspace, ends.period, ends.period_start
            order by abs(ends.high_net_usd - ends.low_net_usd) desc, ends.varied asc
        ) as swing_rank
    from ends
    inner join stated
        on
            ends.workspace = stated.workspace
            and ends.period = stated.period
            and ends.period_start = stated.period_start
    inner join parameters
        on
            ends.workspace = parameters.workspace
            and ends.varied = parameters.name
            and parameters.scenario = 'stated'
            and {{ days_after('ends.period_end', -1) }} >= parameters.valid_from
            and (
                {{ days_after('ends.period_end', -1) }} < parameters.valid_to
                or parameters.valid_to is null
            )

)

select * from final
