-- What each person prefers, one row a setting, where it is sure enough to be used: for the assistant,
-- which asks for one person. The confidence is the probability that they want this choice, at most 0.95.
with

preferences as (

    select * from {{ ref('srv_user_preferences') }}

),

overrides as (

    select * from {{ ref('agg_preference_overrides') }}

),

final as (

    select
        preferences.workspace,
        preferences.subject_ref,
        preferences.setting,
        preferences.choice as preference,
        {{ to_double('least(preferences.probability_bp / 10000.0, 0.95)') }} as confidence,
        cast(preferences.messages as bigint) as messages,
        cast(preferences.agreeing_messages as bigint) as agreeing_messages,
        coalesce(overrides.entries, 0) as overrides,
        coalesce(overrides.entries, 0) > 0 as is_overridden,
        preferences.last_chosen_at
    from preferences
    left join overrides
        on
            preferences.workspace = overrides.workspace
            and preferences.subject_ref = overrides.subject_ref
            and preferences.setting = overrides.setting
    where preferences.probability_bp > 10000 * {{ var('least_preference_confidence') }}

)

select * from final
