-- What a person prefers, one row a setting: the choice that they most probably want, learned from the
-- last choices before their newest one. The window ends there and not now, so that nobody's rows change
-- while they are away, and a refresh learns anew only who chose something.
{{ config(materialized='touched', key=['subject_ref']) }}
with

choices as (

    select * from {{ keyed(ref('fct_setting_choices'), 'subject_ref') }}

),

messages as (

    select
        subject_ref,
        query_key,
        row_number() over (partition by subject_ref order by max(occurred_at) desc, query_key desc) as place,
        max(max(occurred_at)) over (partition by subject_ref) as newest_at
    from choices
    group by subject_ref, query_key

),

aged as (

    select
        choices.*,
        {{ days_apart('choices.occurred_at', 'messages.newest_at') }} as age_days
    from choices
    inner join messages on choices.query_key = messages.query_key
    where messages.place <= {{ var('preference_messages') }}

),

weighed as (

    -- In thousandths: halved every so many days, doubled where the answer was liked.
    select
        *,
        cast(
            round(1000 * power({{ to_double('0.5') }}, age_days / {{ var('preference_half_life_days') }}))
            as bigint
        ) * case when is_liked then 2 else 1 end as weight
    from aged
    where age_days <= {{ var('preference_days') }}

),

by_choice as (

    select
        workspace,
        subject_ref,
        setting,
        choice,
        sum(weight) as weight,
        count(*) as messages,
        max(occurred_at) as chosen_at
    from weighed
    group by workspace, subject_ref, setting, choice

),

settings as (

    select * from {{ ref('preference_settings') }}

),

compared as (

    select
        by_choice.*,
        sum(by_choice.weight) over same_setting as all_weight,
        sum(by_choice.messages) over same_setting as all_messages,
        max(by_choice.weight) over same_setting as top_weight,
        count(*) over same_setting as seen_choices,
        greatest(settings.choices, count(*) over same_setting) as choices,
        row_number() over (
            partition by by_choice.subject_ref, by_choice.setting
            order by by_choice.weight desc, by_choice.chosen_at desc, by_choice.choice asc
        ) as place
    from by_choice
    inner join settings on by_choice.setting = settings.setting
    window same_setting as (partition by by_choice.subject_ref, by_choice.setting)

),

likelihoods as (

    -- How well "they want this one" explains what was chosen, against the choice that explains it best.
    select
        *,
        exp({{ to_double('weight - top_weight') }} / 1000 * {{ preference_gain('choices') }}) as likelihood
    from compared

),

final as (

    select
        workspace,
        subject_ref,
        setting,
        max(case when place = 1 then choice end) as choice,
        max(case when place = 1 then messages end) as agreeing_messages,
        max(all_messages) as messages,
        cast(max(top_weight) as bigint) as agreeing_weight,
        cast(max(all_weight) as bigint) as weight,
        max(chosen_at) as last_chosen_at,
        cast(
            round(10000 / (sum(likelihood) + max({{ unexplained_likelihood('choices') }}))) as integer
        ) as probability_bp
    from likelihoods
    group by workspace, subject_ref, setting

)

select * from final
