-- One row a workspace and complete day with four weeks behind it: what the rest of its month will cost, as
-- it could be said on the evening of that day. Days of the past are kept: they are the back-test. Where calls
-- were made and none has a cost, nothing can be said.
with

windows as (

    select
        *,
        {{ days_between('day', 'last_day_of_month') }} as days_left
    from {{ ref('int_spend_windows') }}
    where is_complete and days_known = 28

),

expected as (

    select
        *,
        case when mean_28 > 0 then mean_14 / mean_28 else 1 end * (
            {%- for weekday in range(7) %}
                mean_{{ weekday }} * (
                    floor(days_left / 7)
                    + case when mod({{ weekday }} - weekday - 1 + 7, 7) < mod(days_left, 7) then 1 else 0 end
                ){{ ' +' if not loop.last }}
            {%- endfor %}
        ) as cost_left,
        greatest(variance_of_steps - 2 * variance_of_days / 7, 0) as variance_of_level,
        calls_28 = 0 or priced_28 > 0 as is_told
    from windows

),

final as (

    -- Noise of the days left, doubt about the level, and how the level may wander until the end.
    select
        workspace,
        month,
        day,
        days_left,
        case when is_told then month_to_date end as spent_nanos,
        case when is_told then month_to_date + cost_left end as forecast_nanos,
        case when is_told then sqrt(
            days_left * variance_of_days
            + days_left * days_left * (variance_of_days / 14 + 1.25 * variance_of_level)
            + variance_of_level * days_left * days_left * days_left / 21
        ) end as deviation_nanos,
        case when is_told and is_month_whole then month_total end as actual_nanos,
        cast(calls_28 - priced_28 as bigint) as unpriced_calls
    from expected

)

select * from final
