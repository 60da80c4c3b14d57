-- Opinions by what brought them about, one row a row of `agg_opinions_daily` and channel. Those who were
-- asked count for all who might have been; their weights, and the squares that tell how uneven these are,
-- are in queries.
with

opinions as (

    select * from {{ ref('agg_opinions_daily') }}

),

final as (

    select
        workspace,
        day,
        assistant,
        prompt_name,
        prompt_version,
        known_band,
        'volunteered' as channel,
        queries,
        volunteered_positive * 1.0 as liked,
        volunteered_negative * 1.0 as disliked,
        volunteered_positive * 1.0 as liked_squares,
        volunteered_negative * 1.0 as disliked_squares
    from opinions
    union all
    select
        workspace,
        day,
        assistant,
        prompt_name,
        prompt_version,
        known_band,
        'asked' as channel,
        queries,
        asked_positive_weight / 1000.0 as liked,
        asked_negative_weight / 1000.0 as disliked,
        asked_positive_squares / 1000000.0 as liked_squares,
        asked_negative_squares / 1000000.0 as disliked_squares
    from opinions

)

select * from final
