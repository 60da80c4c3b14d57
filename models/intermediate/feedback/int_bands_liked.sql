-- How well answers of each band are liked among those who say so, over all workspaces of the last months:
-- an index of what is known of an answer, no rate of satisfaction. Bands with few opinions lean on the
-- average.
with

opinions as (

    select * from {{ ref('agg_opinions_daily') }}

),

newest as (

    select * from {{ ref('int_newest_day') }}

),

bands as (

    select
        opinions.known_band,
        {{ sum_counts('opinions.positive') }} as positive,
        {{ sum_counts('opinions.negative') }} as negative
    from opinions
    cross join newest
    where opinions.day > {{ days_after('newest.newest_day', '-' ~ var('response_window_days')) }}
    group by opinions.known_band

),

averages as (

    select sum(positive) * 1.0 / nullif(sum(positive + negative), 0) as average
    from bands

),

final as (

    select
        bands.known_band,
        -- A decimal, so that sums over it are the same in whatever order.
        round((bands.positive + 20 * averages.average) / (bands.positive + bands.negative + 20), 6) as liking
    from bands
    cross join averages

)

select * from final
