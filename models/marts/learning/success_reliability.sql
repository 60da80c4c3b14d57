-- Whether predicted probabilities of success come true, one row a workspace, kind of work and tenth of
-- the probability, over all predictions whose work has ended. Each was made by a model that had not seen
-- that end.
with

reliability as (

    select * from {{ ref('agg_success_reliability') }}

),

sums as (

    select
        workspace,
        target_type,
        probability_tenth,
        {{ sum_counts('entries') }} as predictions,
        {{ sum_counts('ended') }} as ended,
        {{ sum_counts('successes') }} as successes,
        {{ sum_counts('ended_millionths') }} as ended_millionths
    from reliability
    group by workspace, target_type, probability_tenth

),

measured as (

    select
        *,
        {{ average_of_millionths('ended_millionths', 'ended') }} as predicted_rate,
        {{ ratio('successes', 'ended') }} as success_rate,
        case when successes = 0 and ended > 0 then 0 else {{ wilson_low('successes', 'ended') }} end
            as success_rate_low,
        case when successes = ended and ended > 0 then 1 else {{ wilson_high('successes', 'ended') }} end
            as success_rate_high,
        {{ not_judged_because('ended') }} as reliability_not_judged_because
    from sums

),

final as (

    select
        workspace,
        target_type,
        probability_tenth,
        predictions,
        ended,
        successes,
        predicted_rate,
        success_rate,
        success_rate_low,
        success_rate_high,
        case
            when reliability_not_judged_because is not null then 'not_judged'
            when predicted_rate < success_rate_low then 'too_low'
            when predicted_rate > success_rate_high then 'too_high'
            else 'reliable'
        end as reliability,
        reliability_not_judged_because
    from measured

)

select * from final
