-- How often and by how many people a feature was used on a local day, by surface: queries asked with it, and
-- events about it.
{{ config(key=['workspace', 'day', 'surface', 'feature']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

usage_events as (

    select * from {{ changes(ref('fct_usage_events')) }} as changes

),

people as (

    select * from
        {{ appeared(ref('agg_user_features_daily'), ['workspace', 'day', 'surface', 'feature']) }} as appeared

),

united as (

    select
        workspace,
        day,
        surface,
        feature,
        'query' as what,
        subject_ref is null as is_anonymous,
        sign
    from queries
    union all
    select
        workspace,
        day,
        surface,
        feature,
        'event' as what,
        subject_ref is null as is_anonymous,
        sign
    from usage_events
    union all
    select
        workspace,
        day,
        surface,
        feature,
        'person' as what,
        false as is_anonymous,
        sign
    from people

),

final as (

    select
        workspace,
        day,
        {{ labelled('surface') }} as surface,
        {{ labelled('feature') }} as feature,
        {{ count_where("what <> 'person'") }} as entries,
        {{ count_where("what <> 'person'") }} as uses,
        {{ count_where("what = 'query'") }} as queries,
        {{ count_where("what = 'event'") }} as usage_events,
        {{ count_where('is_anonymous') }} as anonymous_uses,
        {{ count_where("what = 'person'") }} as users
    from united
    where {{ labelled('feature') }} <> {{ labelled('null') }}
    group by workspace, day, {{ labelled('surface') }}, {{ labelled('feature') }}

)

select * from final
