-- One row a complete week and segment whose success rate fell by more than two points against the week
-- before, and by more than chance would explain: small samples swing by more than that every week.
with

weeks as (

    select * from {{ ref('int_weeks_compared') }}

),

rates as (

    select
        *,
        {{ ratio('successes_before', 'judged_queries_before') }} as baseline,
        {{ ratio('successes', 'judged_queries') }} as current_value,
        {{ wilson_low('successes_before', 'judged_queries_before') }} as baseline_low,
        {{ wilson_high('successes_before', 'judged_queries_before') }} as baseline_high,
        {{ wilson_low('successes', 'judged_queries') }} as current_low,
        {{ wilson_high('successes', 'judged_queries') }} as current_high
    from weeks
    where
        judged_queries >= {{ alert_when('minimum_queries_to_alert') }}
        and judged_queries_before >= {{ alert_when('minimum_queries_to_alert') }}

),

compared as (

    -- Newcombe's interval of the difference of two shares.
    select
        *,
        current_value - baseline as change,
        current_value - baseline
        - sqrt(power(current_value - current_low, 2) + power(baseline_high - baseline, 2)) as interval_low,
        current_value - baseline
        + sqrt(power(current_high - current_value, 2) + power(baseline - baseline_low, 2)) as interval_high
    from rates

),

final as (

    select
        workspace,
        week,
        segment_kind,
        segment,
        'success_rate' as metric,
        judged_queries_before as baseline_queries,
        judged_queries as current_queries,
        baseline,
        current_value,
        change,
        'points' as change_unit,
        {{ to_double(alert_when('success_rate_fall_to_alert')) }} as threshold,
        interval_low,
        interval_high,
        'estimated' as interval_status
    from compared
    where -change > {{ alert_when('success_rate_fall_to_alert') }} and interval_high < 0

)

select * from final
