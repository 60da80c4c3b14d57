-- One row a local week, workspace and surface with feedback, or with an ask for it. A week and not a day,
-- because few people answer; the interval says how little a rate is worth.
with

feedback as (

    select * from {{ ref('agg_feedback_weekly') }}

),

reasons as (

    select * from {{ ref('srv_feedback_reasons_weekly') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

unsaid as (

    select * from {{ ref('int_unsaid') }}

),

measured as (

    select
        feedback.*,
        {{ days_after('feedback.week', 7) }} <= horizon.today as is_complete,
        feedback.positive + feedback.negative as opinions,
        {{ ratio('feedback.answered', 'feedback.asked') }} as response_rate,
        {{ average_of_millionths('feedback.rating_millionths', 'feedback.ratings') }} as average_rating,
        reasons.top_reasons,
        unsaid.asks as asks_unsaid
    from feedback
    left join reasons
        on
            feedback.workspace = reasons.workspace
            and feedback.week = reasons.week
            and feedback.surface = reasons.surface
    left join unsaid on feedback.workspace = unsaid.workspace
    cross join horizon

),

reasoned as (

    select
        *,
        -- Where all agree, one end is 0 or 1, not what a float makes of it.
        case
            when positive = 0 and opinions > 0 then 0
            else {{ wilson_low('positive', 'opinions') }}
        end as positive_rate_low,
        case
            when negative = 0 and opinions > 0 then 1
            else {{ wilson_high('positive', 'opinions') }}
        end as positive_rate_high,
        {{ not_judged_because('asked', 'asks_unsaid') }} as response_rate_not_judged_because,
        {{ not_judged_because('opinions') }} as positive_rate_not_judged_because,
        {{ not_judged_because('ratings') }} as rating_not_judged_because
    from measured

),

final as (

    select
        week,
        workspace,
        surface,
        is_complete,
        asked,
        answered,
        response_rate,
        response_rate_not_judged_because,
        signals,
        positive,
        neutral,
        negative,
        {{ ratio('positive', 'opinions') }} as positive_rate,
        positive_rate_low,
        positive_rate_high,
        positive_rate_not_judged_because,
        thumbs_up,
        thumbs_down,
        ratings,
        average_rating,
        {{ judge('average_rating', '>', var('average_rating_target'), 'rating_not_judged_because') }}
            as rating_target,
        rating_not_judged_because,
        top_reasons,
        texts,
        flags,
        open_flags,
        corrections,
        implicit_signals,
        superseded
    from reasoned

)

select * from final
