-- One row a workspace and complete local day: what its month will cost, as it could be said that evening.
-- The newest row is the forecast, the older ones are its record.
with

forecasts as (

    select * from {{ ref('int_spend_forecasts') }}

),

months as (

    -- How far off earlier months were, in the deviations that were claimed. The last day of a month is no
    -- forecast.
    select
        workspace,
        month,
        sum(
            (actual_nanos - forecast_nanos)
            * (actual_nanos - forecast_nanos)
            / nullif(deviation_nanos * deviation_nanos, 0)
        )
            as squares,
        count(actual_nanos) as origins
    from forecasts
    where days_left > 0
    group by workspace, month

),

records as (

    select
        *,
        sum(squares) over earlier as earlier_squares,
        sum(origins) over earlier as earlier_origins
    from months
    window earlier as (partition by workspace order by month rows between 3 preceding and 1 preceding)

),

calibrated as (

    select
        forecasts.*,
        records.earlier_origins >= {{ var('forecast_origins_to_calibrate') }} as is_calibrated,
        forecasts.deviation_nanos * {{ var('forecast_interval_deviations') }} * case
            when records.earlier_origins >= {{ var('forecast_origins_to_calibrate') }}
                then greatest(1, sqrt(records.earlier_squares / records.earlier_origins))
            else 1
        end as margin_nanos
    from forecasts
    left join records
        on forecasts.workspace = records.workspace and forecasts.month = records.month

),

final as (

    select
        workspace,
        day,
        month,
        days_left,
        {{ rounded_usd('spent_nanos') }} as spent_usd,
        {{ rounded_usd('forecast_nanos') }} as forecast_usd,
        {{ rounded_usd('greatest(forecast_nanos - margin_nanos, spent_nanos)') }} as low_usd,
        {{ rounded_usd('forecast_nanos + margin_nanos') }} as high_usd,
        coalesce(is_calibrated, false) as is_calibrated,
        {{ rounded_usd('actual_nanos') }} as actual_usd,
        case
            when actual_nanos is not null
                then
                    actual_nanos between forecast_nanos
                    - margin_nanos
                    - 1 and forecast_nanos
                    + margin_nanos
                    + 1
        end as is_covered,
        day = max(day) over (partition by workspace) as is_newest,
        unpriced_calls,
        case
            when forecast_nanos is null then 'no_prices'
            when unpriced_calls > 0 then 'cost_incomplete'
            else 'forecast'
        end as status
    from calibrated

)

select * from final
