-- How content users are right now, one row a local day and workspace of the last weeks, over the seven
-- days that end with it. It moves with every signal that lands; seven days, because of one day few speak.
with

opinions as (

    select * from {{ ref('agg_opinions_daily') }}

),

channels as (

    select * from {{ ref('int_opinions_by_channel') }}

),

ratios as (

    select * from {{ ref('int_response_ratios') }}

),

newest as (

    select * from {{ ref('int_newest_day') }}

),

days as (

    select distinct
        opinions.workspace,
        opinions.day
    from opinions
    cross join newest
    where opinions.day > {{ days_after('newest.newest_day', '-' ~ var('satisfaction_days')) }}

),

sums as (

    select
        days.workspace,
        days.day,
        {{ sum_counts('opinions.queries') }} as queries,
        {{ sum_counts('opinions.positive') }} as positive,
        {{ sum_counts('opinions.negative') }} as negative
    from days
    inner join opinions
        on
            days.workspace = opinions.workspace
            and opinions.day between {{ days_after('days.day', -6) }} and days.day
    group by days.workspace, days.day

),

single_days as (

    select
        channels.workspace,
        channels.day,
        channels.channel,
        sum(channels.liked) as liked,
        sum(channels.disliked) as disliked,
        sum(channels.liked_squares) as liked_squares,
        sum(channels.disliked_squares) as disliked_squares
    from channels
    cross join newest
    where channels.day > {{ days_after('newest.newest_day', '-' ~ (var('satisfaction_days') | int + 6)) }}
    group by channels.workspace, channels.day, channels.channel

),

cells as (

    select
        days.workspace,
        days.day,
        single_days.channel,
        sum(single_days.liked) as liked,
        sum(single_days.disliked) as disliked,
        sum(single_days.liked_squares) as liked_squares,
        sum(single_days.disliked_squares) as disliked_squares
    from days
    inner join single_days
        on
            days.workspace = single_days.workspace
            and single_days.day between {{ days_after('days.day', -6) }} and days.day
    group by days.workspace, days.day, single_days.channel

),

{{ correction_steps(['workspace', 'day'], homes='single_days') }},

judged as (

    select
        sums.*,
        {{ corrected_columns() }}
    from sums
    left join corrected on sums.workspace = corrected.workspace and sums.day = corrected.day

),

final as (

    select
        day,
        workspace,
        queries,
        positive,
        negative,
        naive_rate,
        {{ judged_columns() }}
    from judged

)

select * from final
