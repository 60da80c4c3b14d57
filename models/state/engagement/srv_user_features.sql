-- One row a person, local day and what that person was active in on it: each feature of each surface, and the
-- workspace as a whole. Using the same again changes nothing here.
{{ config(materialized='touched', key=['subject_ref', 'day']) }}
with

user_days as (

    select * from {{ keyed(ref('agg_user_days'), ['subject_ref', 'day'], makes_rows='always') }}

),

final as (

    select
        subject_ref,
        day,
        workspace,
        'feature' as scope,
        surface,
        feature
    from user_days
    where feature <> {{ labelled('null') }}
    union all
    select distinct
        subject_ref,
        day,
        workspace,
        'workspace' as scope,
        '' as surface,
        '' as feature
    from user_days

)

select * from final
