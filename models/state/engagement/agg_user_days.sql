-- What a person did on a local day, whatever with: who was there at all, and who asked.
{{ config(key=['subject_ref', 'day', 'workspace']) }}
with

features as (

    select * from {{ sums(ref('agg_user_features_daily')) }} as sums

),

final as (

    select
        subject_ref,
        day,
        workspace,
        {{ sum_counts('entries') }} as entries,
        {{ sum_counts('queries') }} as queries
    from features
    group by subject_ref, day, workspace

)

select * from final
