-- One row a workspace and local day, with what the four weeks up to it say: the level of the last two, the
-- shape of a week, and how far single days lie from that. Everything that judges or extends spending starts
-- here.
with

days as (

    select
        *,
        cast(cost_nanos as double precision) as day_cost,
        {{ month_of('day') }} as month,
        {{ last_day_of_month('day') }} as last_day_of_month
    from {{ ref('int_spend_daily') }}

),

windows as (

    select
        *,
        count(*) over last_28 as days_known,
        avg(day_cost) over last_28 as mean_28,
        avg(day_cost) over last_14 as mean_14,
        avg(day_cost) over last_7 as mean_7,
        avg(day_cost) over days_8_to_14 as mean_before,
        avg(day_cost) over days_15_to_21 as mean_2_before,
        avg(day_cost) over days_22_to_28 as mean_3_before,
        sum(day_cost * day_cost) over last_28 as squares,
        {%- for weekday in range(7) %}
            avg(case when weekday = {{ weekday }} then day_cost end) over last_28 as mean_{{ weekday }},
        {%- endfor %}
        sum(calls) over last_28 as calls_28,
        sum(priced_calls) over last_28 as priced_28,
        sum(day_cost) over month_to_date as month_to_date,
        sum(day_cost) over whole_month as month_total,
        bool_and(is_complete) over whole_month
        and max(day) over whole_month = last_day_of_month as is_month_whole
    from days
    window
        last_28 as (partition by workspace order by day rows between 27 preceding and current row),
        last_14 as (partition by workspace order by day rows between 13 preceding and current row),
        last_7 as (partition by workspace order by day rows between 6 preceding and current row),
        days_8_to_14 as (partition by workspace order by day rows between 13 preceding and 7 preceding),
        days_15_to_21 as (partition by workspace order by day rows between 20 preceding and 14 preceding),
        days_22_to_28 as (partition by workspace order by day rows between 27 preceding and 21 preceding),
        month_to_date as (partition by workspace, month order by day),
        whole_month as (partition by workspace, month)

),

final as (

    select
        workspace,
        day,
        is_complete,
        weekday,
        calls,
        priced_calls,
        cost_nanos,
        tokens,
        queries,
        successes,
        resolved_sessions,
        month,
        last_day_of_month,
        days_known,
        mean_28,
        mean_14,
        mean_7,
        mean_before,
        mean_2_before,
        mean_3_before,
        {%- for weekday in range(7) %}
            mean_{{ weekday }},
        {%- endfor %}
        month_to_date,
        month_total,
        is_month_whole,
        greatest(
            squares
            - 4
            * (
                {%- for weekday in range(7) %}
                    mean_{{ weekday }} * mean_{{ weekday }}{{ ' + ' if not loop.last }}
                {%- endfor %}
            ),
            0
        ) / 21 as variance_of_days,
        (
            (mean_7 - mean_before) * (mean_7 - mean_before)
            + (mean_before - mean_2_before) * (mean_before - mean_2_before)
            + (mean_2_before - mean_3_before) * (mean_2_before - mean_3_before)
        ) / 3 as variance_of_steps,
        calls_28,
        priced_28
    from windows

)

select * from final
