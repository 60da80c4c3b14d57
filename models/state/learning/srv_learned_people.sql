-- One row a person of whom something could be learned: how many settings they chose, in how many of them a
-- preference is sure enough to be used, and a hash that changes when any of these does.
{{ config(materialized='touched', key=['subject_ref'], indexes=[{'columns': ['workspace']}]) }}
with

preferences as (

    select * from {{ keyed(ref('srv_user_preferences'), 'subject_ref') }}

),

learned as (

    select
        *,
        case
            when probability_bp > 10000 * {{ var('least_preference_confidence') }}
                then setting || '=' || choice
        end as preference
    from preferences

),

final as (

    select
        subject_ref,
        workspace,
        count(*) as chosen_settings,
        count(preference) as learned_settings,
        {{ set_hash('preference') }} as learned_hash
    from learned
    group by subject_ref, workspace

)

select * from final
