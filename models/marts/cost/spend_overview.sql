-- One row a workspace and local day, also without any call: what all calls of the day cost, what was got
-- for it, how that compares with the weeks before, and whether the day stands out.
with

windows as (

    select * from {{ ref('int_spend_windows') }}

),

expected as (

    -- The same weekday and the level before: the day itself must not explain itself.
    select
        *,
        case when calls = 0 or priced_calls > 0 then cost_nanos end as cost_known_nanos,
        lag(days_known) over by_day as days_before,
        lag(mean_14) over by_day as level_before,
        lag(variance_of_days) over by_day as variance_before,
        case weekday
            {%- for weekday in range(7) %}
                when
                    {{ weekday }}
                    then
                        lag(mean_{{ weekday }}) over by_day
                        * lag(mean_14) over by_day
                        / nullif(lag(mean_28) over by_day, 0)
            {%- endfor %}
        end as expected_nanos
    from windows
    window by_day as (partition by workspace order by day)

),

judged as (

    -- 1.3: what is expected is itself off by a quarter of the variance, being a mean of four days, and by a
    -- twentieth through the level.
    select
        *,
        case
            when days_before < 28 or days_before is null then 'too_little_history'
            when not is_complete then 'not_complete'
            when expected_nanos is null then 'nothing_spent_before'
            when cost_known_nanos is null then 'cost_incomplete'
            when
                abs(cost_nanos - expected_nanos)
                > {{ var('spend_anomaly_deviations') }} * sqrt(1.3 * variance_before)
                and abs(cost_nanos - expected_nanos) > {{ var('spend_anomaly_share') }} * expected_nanos
                and abs(cost_nanos - expected_nanos) > {{ var('spend_anomaly_usd') }} * 1e9
                then
                    case
                        when cost_nanos > expected_nanos then 'high'
                        when priced_calls < calls then 'cost_incomplete'
                        else 'low'
                    end
            else 'usual'
        end as anomaly
    from expected

),

final as (

    select
        workspace,
        day,
        is_complete,
        calls,
        calls - priced_calls as unpriced_calls,
        queries,
        successes,
        resolved_sessions,
        tokens,
        {{ nanos_to_usd('cost_known_nanos') }} as cost_usd,
        {{ usd_each('cost_known_nanos', 'nullif(queries, 0)') }} as cost_per_query_usd,
        {{ usd_each('cost_known_nanos', 'nullif(successes, 0)') }} as cost_per_success_usd,
        {{ usd_each('cost_known_nanos', 'nullif(resolved_sessions, 0)') }} as cost_per_resolved_session_usd,
        {{ usd_each('1000000 * cast(cost_known_nanos as decimal(38, 0))', 'nullif(tokens, 0)') }}
            as cost_per_million_tokens_usd,
        {{ rounded_usd('case when days_known >= 7 then mean_7 end') }} as average_7_days_usd,
        {{ rounded_usd('case when days_known >= 28 then mean_28 end') }} as average_28_days_usd,
        {{ ratio('case when days_known >= 14 then mean_7 - mean_before end', 'mean_before') }}
            as change_week_on_week,
        {{ rounded_usd("case when anomaly in ('usual', 'high', 'low') then expected_nanos end") }}
            as expected_usd,
        anomaly
    from judged

)

select * from final
