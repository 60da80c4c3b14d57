-- One row a complete week and segment whose cost per query rose by more than a fifth over the week before.
-- Weeks in which more than one call in a hundred has no price are not compared: that looks like a change.
with

weeks as (

    select * from {{ ref('int_weeks_compared') }}

),

costs as (

    select
        *,
        {{ ratio('cost_nanos_before', 'queries_before') }} as nanos_each_before,
        {{ ratio('cost_nanos', 'queries') }} as nanos_each
    from weeks
    where
        queries >= {{ alert_when('minimum_queries_to_alert') }}
        and queries_before >= {{ alert_when('minimum_queries_to_alert') }}
        and priced_queries > 0
        and priced_queries_before > 0
        and 100 * unpriced_calls <= cost_calls
        and 100 * unpriced_calls_before <= cost_calls_before

),

compared as (

    select
        *,
        {{ ratio('nanos_each', 'nanos_each_before') }} - 1 as change
    from costs

),

final as (

    select
        workspace,
        week,
        segment_kind,
        segment,
        'cost_per_query_usd' as metric,
        queries_before as baseline_queries,
        queries as current_queries,
        nanos_each_before / 1000000000 as baseline,
        nanos_each / 1000000000 as current_value,
        change,
        'relative' as change_unit,
        {{ to_double(alert_when('cost_per_query_rise_to_alert')) }} as threshold,
        {{ to_double('null') }} as interval_low,
        {{ to_double('null') }} as interval_high,
        'not_estimated' as interval_status
    from compared
    where change > {{ alert_when('cost_per_query_rise_to_alert') }}

)

select * from final
