-- How often a person changed a learned default, by setting.
{{ config(key=['workspace', 'subject_ref', 'setting']) }}
with

overrides as (

    select * from {{ changes(ref('fct_preference_overrides')) }} as changes

),

final as (

    select
        workspace,
        subject_ref,
        setting,
        {{ sum_counts('sign') }} as entries
    from overrides
    group by workspace, subject_ref, setting

)

select * from final
