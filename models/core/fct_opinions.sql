-- One row a query that somebody was asked about or said something about: what was thought of the answer,
-- whether that was asked for, and what was known of the query when it was. Small beside the queries, and
-- all that correcting for who rates needs.
{{ config(materialized='touched', key=['query_ref']) }}
with

queries as (

    select * from {{ keyed(ref('fct_queries'), 'query_ref', makes_rows=false) }}

),

scores as (

    select * from {{ keyed(ref('fct_query_scores'), 'query_ref', makes_rows=false) }}

),

feedback as (

    select * from {{ keyed(ref('fct_feedback'), 'thread_ref') }}

),

rated as (

    select
        *,
        case when is_current and is_answered and feedback_type = 'stars' then feedback_value end as stars
    from feedback

),

feedback_by_query as (

    select
        query_key,
        bool_or(is_ask) as is_asked,
        bool_or(coalesce(is_ask_answered, false)) as is_ask_answered,
        max(case when is_ask then ask_probability end) as ask_probability,
        count(stars) as ratings,
        sum({{ to_millionths('stars') }}) as rating_millionths
    from rated
    where query_key is not null
    group by query_key

),

final as (

    select
        queries.query_key,
        queries.query_ref,
        queries.workspace,
        queries.day,
        queries.assistant,
        queries.prompt_name,
        queries.prompt_version,
        queries.query_type,
        scores.topic_id,
        {{ known_band('queries.status', 'queries.is_refused', 'queries.confidence') }} as known_band,
        case when feedback_by_query.is_asked then 'asked' else 'volunteered' end as channel,
        feedback_by_query.is_asked,
        feedback_by_query.is_ask_answered,
        feedback_by_query.ask_probability,
        cast(sign(queries.positive_feedback - queries.negative_feedback) as integer) as opinion,
        feedback_by_query.ratings,
        cast(feedback_by_query.rating_millionths as bigint) as rating_millionths
    from feedback_by_query
    inner join queries
        on feedback_by_query.query_key = queries.query_key
    left join scores
        on queries.query_key = scores.query_key

)

select * from final
