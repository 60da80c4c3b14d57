-- What a person did on a local day with each feature: the one place where people are counted from. A cell
-- that comes up is one more person who uses the feature, and one that goes is one less.
{{ config(key=['subject_ref', 'day', 'workspace', 'surface', 'feature']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

usage_events as (

    select * from {{ changes(ref('fct_usage_events')) }} as changes

),

united as (

    select
        subject_ref,
        day,
        workspace,
        surface,
        feature,
        true as is_query,
        sign
    from queries
    union all
    select
        subject_ref,
        day,
        workspace,
        surface,
        feature,
        false as is_query,
        sign
    from usage_events

),

final as (

    select
        subject_ref,
        day,
        workspace,
        {{ labelled('surface') }} as surface,
        {{ labelled('feature') }} as feature,
        {{ sum_counts('sign') }} as entries,
        {{ count_where('is_query') }} as queries
    from united
    where subject_ref is not null
    group by subject_ref, day, workspace, {{ labelled('surface') }}, {{ labelled('feature') }}

)

select * from final
