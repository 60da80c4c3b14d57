-- Opinions and queries of the last months by channel and band, for each workspace and for all of them
-- together (scope null), with how well the band is liked.
with

opinions as (

    select * from {{ ref('int_opinions_by_channel') }}

),

bands as (

    select * from {{ ref('int_bands_liked') }}

),

newest as (

    select * from {{ ref('int_newest_day') }}

),

recent as (

    select
        opinions.workspace,
        opinions.channel,
        bands.known_band,
        bands.liking,
        sum(opinions.queries) as queries,
        sum(opinions.liked) as liked,
        sum(opinions.disliked) as disliked,
        sum(opinions.liked_squares) as liked_squares,
        sum(opinions.disliked_squares) as disliked_squares
    from opinions
    inner join bands on opinions.known_band = bands.known_band
    cross join newest
    where opinions.day > {{ days_after('newest.newest_day', '-' ~ var('response_window_days')) }}
    group by opinions.workspace, opinions.channel, bands.known_band, bands.liking

),

final as (

    select
        workspace as scope,
        workspace,
        channel,
        known_band,
        liking,
        queries,
        liked,
        disliked,
        liked_squares,
        disliked_squares
    from recent
    union all
    select
        cast(null as {{ dbt.type_string() }}) as scope,
        workspace,
        channel,
        known_band,
        liking,
        queries,
        liked,
        disliked,
        liked_squares,
        disliked_squares
    from recent

)

select * from final
