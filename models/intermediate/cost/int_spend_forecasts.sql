-- One row a workspace and complete day with four weeks behind it: what the rest of its month will cost, as
-- it could be said on the evening of that day. Days of the past are kept: they are the back-test.
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
        greatest(variance_of_steps - 2 * variance_of_days / 7, 0) as variance_of_level
    from windows

),

final as (

    -- Noise of the days left, doubt about the level, and how the level may wander until the end.
    select
        workspace,
        month,
        day,
        days_left,
        month_to_date as spent_nanos,
        month_to_date + cost_left as forecast_nanos,
        sqrt(
            days_left * variance_of_days
            + days_left * days_left * (variance_of_days / 14 + 1.25 * variance_of_level)
            + variance_of_level * days_left * days_left * days_left / 21
        ) as deviation_nanos,
        case when is_month_whole then month_total end as actual_nanos
    from expected

)

select * from final
