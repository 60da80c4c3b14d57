-- How answers to groups of alike questions fared on a local day: by the type that the product gives them,
-- and by topic. A query counts in one failure at most, so that the parts add up.
{{ config(key=['workspace', 'day', 'group_kind', 'group_name']) }}
with

queries as (

    select * from {{ changes(ref('fct_queries')) }} as changes

),

scores as (

    select * from {{ changes(ref('fct_query_scores')) }} as changes

),

opinions as (

    select * from {{ changes(ref('fct_opinions')) }} as changes

),

judged_queries as (

    select
        *,
        {{ failure_of('queries') }} as failure
    from queries

),

judged_scores as (

    select
        *,
        {{ failure_of('scores') }} as failure
    from scores
    where scores.query_key is not null

),

united as (

    select
        workspace,
        day,
        'query_type' as group_kind,
        query_type as group_name,
        1 as queries,
        failure,
        positive_feedback > negative_feedback as is_liked,
        confidence,
        0 as ratings,
        0 as rating_millionths,
        sign
    from judged_queries
    union all
    select
        workspace,
        day,
        'topic' as group_kind,
        topic_id as group_name,
        1 as queries,
        failure,
        positive_feedback > negative_feedback as is_liked,
        confidence,
        0 as ratings,
        0 as rating_millionths,
        sign
    from judged_scores
    union all
    select
        workspace,
        day,
        'query_type' as group_kind,
        query_type as group_name,
        0 as queries,
        null as failure,
        false as is_liked,
        null as confidence,
        ratings,
        rating_millionths,
        sign
    from opinions
    union all
    select
        workspace,
        day,
        'topic' as group_kind,
        topic_id as group_name,
        0 as queries,
        null as failure,
        false as is_liked,
        null as confidence,
        ratings,
        rating_millionths,
        sign
    from opinions

),

final as (

    select
        workspace,
        day,
        group_kind,
        {{ short_name('group_name') }} as group_name,
        {{ sum_counts('sign') }} as entries,
        {{ add_up('queries') }} as queries,
        {{ count_where("failure = 'error'") }} as errors,
        {{ count_where("failure = 'refused'") }} as refused,
        {{ count_where("failure = 'disliked'") }} as disliked,
        {{ count_where('is_liked') }} as liked,
        {{ count_where('confidence is not null') }} as confident_queries,
        {{ add_up(to_millionths('confidence')) }} as confidence_millionths,
        {{ add_up('ratings') }} as ratings,
        {{ add_up('rating_millionths') }} as rating_millionths
    from united
    where group_name is not null
    group by workspace, day, group_kind, {{ short_name('group_name') }}

)

select * from final
