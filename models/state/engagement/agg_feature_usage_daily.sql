-- How often a feature was used on a local day, by surface: queries asked with it, and events about it.
{{ config(key=['workspace', 'day', 'surface', 'feature']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

usage_events as (

    select * from {{ changes(ref('fct_usage_events')) }} as changes

),

united as (

    select
        workspace,
        day,
        surface,
        feature,
        subject_ref,
        true as is_query,
        sign
    from queries
    union all
    select
        workspace,
        day,
        surface,
        feature,
        subject_ref,
        false as is_query,
        sign
    from usage_events

),

final as (

    select
        workspace,
        day,
        {{ labelled('surface') }} as surface,
        {{ labelled('feature') }} as feature,
        {{ sum_counts('sign') }} as entries,
        {{ sum_counts('sign') }} as uses,
        {{ count_where('is_query') }} as queries,
        {{ count_where('not is_query') }} as usage_events,
        {{ count_where('subject_ref is null') }} as anonymous_uses
    from united
    where {{ labelled('feature') }} <> {{ labelled('null') }}
    group by workspace, day, {{ labelled('surface') }}, {{ labelled('feature') }}

)

select * from final
