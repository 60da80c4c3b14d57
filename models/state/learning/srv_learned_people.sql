-- One row a person of whom something could be learned: how many settings they chose, and in how many of
-- them a preference is sure enough to be used. A refresh touches only those of whom it learned something
-- new.
{{ config(materialized='touched', key=['subject_ref'], indexes=[{'columns': ['workspace']}]) }}
with

preferences as (

    select * from {{ keyed(ref('srv_user_preferences'), 'subject_ref') }}

),

final as (

    select
        subject_ref,
        workspace,
        count(*) as chosen_settings,
        {{ count_if("probability_bp > 10000 * " ~ var('least_preference_confidence')) }} as learned_settings
    from preferences
    group by subject_ref, workspace

)

select * from final
