-- One row a complete week and segment whose mean quality of answers fell by more than three points against
-- the week before, and by more than chance would explain.
with

weeks as (

    select * from {{ ref('int_quality_weeks_compared') }}
    where
        judged_answers >= {{ alert_when('minimum_queries_to_alert') }}
        and judged_answers_before >= {{ alert_when('minimum_queries_to_alert') }}

),

means as (

    select
        *,
        {{ average_of_millionths('quality_millionths_before', 'judged_answers_before') }} as baseline,
        {{ average_of_millionths('quality_millionths', 'judged_answers') }} as current_value,
        1.96 * sqrt(
            {{ variance_of_mean('quality_millionths', 'quality_square_millionths', 'judged_answers') }}
            + {{ variance_of_mean(
                'quality_millionths_before', 'quality_square_millionths_before', 'judged_answers_before'
            ) }}
        ) as reach
    from weeks

),

final as (

    select
        workspace,
        week,
        segment_kind,
        segment,
        'quality' as metric,
        judged_answers_before as baseline_queries,
        judged_answers as current_queries,
        baseline,
        current_value,
        current_value - baseline as change,
        'points' as change_unit,
        {{ to_double(alert_when('quality_fall_to_alert')) }} as threshold,
        current_value - baseline - reach as interval_low,
        current_value - baseline + reach as interval_high,
        'estimated' as interval_status
    from means
    where
        baseline - current_value > {{ alert_when('quality_fall_to_alert') }}
        and current_value - baseline + reach < 0

)

select * from final
