-- Whether the opinions of all workspaces contradict what correcting them assumes, one row a channel. If the
-- content speak up as often whatever is known of a query, and the disappointed likewise, then each band's
-- share of liked queries over the readiness of the content, and of disliked ones over that of the
-- disappointed, add up to one. Two unknowns, so that from three bands on they need not.
with

opinions as (

    select * from {{ ref('int_opinions_by_band') }}

),

measured as (

    select * from {{ ref('int_response_measured') }}
    where workspace is null

),

bands as (

    select
        channel,
        known_band,
        sum(queries) as queries,
        sum(liked) as liked,
        sum(disliked) as disliked,
        sum(liked_squares) as liked_squares,
        sum(disliked_squares) as disliked_squares
    from opinions
    where scope is null
    group by channel, known_band

),

readiness as (

    -- How many of the content, and of the disappointed, there are to each one who speaks.
    select
        measured.channel,
        measured.content_share * sum(bands.queries) / sum(bands.liked) as content_each,
        (1 - measured.content_share) * sum(bands.queries) / sum(bands.disliked) as disappointed_each
    from measured
    inner join bands on measured.channel = bands.channel
    group by measured.channel, measured.content_share

),

accounted as (

    -- By chance alone a band is off by its variance; one opinion is the least that it may hang on.
    select
        bands.channel,
        bands.queries,
        power(
            (
                readiness.content_each * bands.liked + readiness.disappointed_each * bands.disliked
            ) / bands.queries - 1, 2
        ) as squared_error,
        (
            power(readiness.content_each, 2) * greatest(bands.liked_squares, 1)
            + power(readiness.disappointed_each, 2) * greatest(bands.disliked_squares, 1)
        ) / power(bands.queries, 2) as chance_error
    from bands
    inner join readiness on bands.channel = readiness.channel
    where bands.queries >= {{ var('minimum_queries_to_judge') }}

),

final as (

    select
        channel,
        count(*) as bands,
        {{ to_double('sum(queries * (squared_error - chance_error)) / sum(queries)') }} as misfit,
        count(*) >= 3
        and sum(queries * (squared_error - chance_error)) / sum(queries) > power({{ var('most_misfit') }}, 2)
            as is_contradicted
    from accounted
    group by channel

)

select * from final
